from torch import nn

hidden = 32

model = nn.Sequential(
    nn.Linear(20, hidden),
    nn.ReLU(),
    nn.Dropout(0.2),
    nn.Linear(hidden, 3),
)
