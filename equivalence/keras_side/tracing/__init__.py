"""A live model to the graph that files give: it runs on tensors without numbers, and own layers become graphs too."""
