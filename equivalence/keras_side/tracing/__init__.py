"""A live model, run once on tensors without numbers, to the graph that files give: own layers become graphs of theirs."""
