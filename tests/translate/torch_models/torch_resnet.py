import torch.nn.functional as F
from torch import nn


class BasicBlock(nn.Module):
    def __init__(self, in_planes, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, kernel_size=3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, kernel_size=3, stride=1, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)

        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != planes:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_planes, planes, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(planes),
            )

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += self.shortcut(x)  # the way round
        return F.relu(out)


class ResNet(nn.Module):
    def __init__(self, num_classes=7):
        super().__init__()
        self.stem = nn.Conv2d(3, 8, kernel_size=3, padding=1, bias=False)
        self.blocks = nn.ModuleList([BasicBlock(8, 8), BasicBlock(8, 12, 2), BasicBlock(12, 12)])
        self.linear = nn.Linear(12, num_classes)

    def forward(self, x):
        out = F.relu(self.stem(x))
        for block in self.blocks:
            out = block(out)
        out = out.mean(dim=(2, 3))
        return self.linear(out)


model = ResNet()
