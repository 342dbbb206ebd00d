"""Training loops as a good engineer writes them by hand: what the package is measured against."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

KERNELS = {"RNN": nn.RNN, "LSTM": nn.LSTM, "GRU": nn.GRU}


class Network(nn.Module):
    """Last, mean and max of one recurrent layer's states, batch normalisation, dropout, a linear head."""

    def __init__(self, cell: str, n_features: int, hidden: int, n_outputs: int, bidirectional: bool = False):
        super().__init__()
        self.rnn = KERNELS[cell](n_features, hidden, batch_first=True, bidirectional=bidirectional)
        width = 3 * hidden * (2 if bidirectional else 1)
        self.norm = nn.BatchNorm1d(width)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(width, n_outputs)

    def forward(self, x, lengths=None):
        """Logits of a padded batch; packed where lengths are given, as the tutorials do."""
        if lengths is None:
            states, _ = self.rnn(x)
            pooled = torch.cat([states[:, -1], states.mean(1), states.amax(1)], 1)
        else:
            packed, _ = self.rnn(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False))
            states, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
            lengths = lengths.to(x.device)
            valid = (torch.arange(states.shape[1], device=x.device) < lengths[:, None])[..., None]
            last = states[torch.arange(len(x), device=x.device), lengths - 1]
            mean = (states * valid).sum(1) / lengths[:, None]
            pooled = torch.cat([last, mean, states.masked_fill(~valid, -torch.inf).amax(1)], 1)
        return self.head(self.dropout(self.norm(pooled)))


def _optimizer(network):
    return torch.optim.AdamW(network.parameters(), lr=5e-3, weight_decay=0.01, fused=True)


def _step(network, optimizer, loss):
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(network.parameters(), 1.0)
    optimizer.step()


def train_equal(cell, X, y, *, hidden, batch_size, epochs, bidirectional=False, device="cpu"):
    """Index-sliced batches of equal length, all data on the device, fused AdamW, clipping."""
    torch.manual_seed(0)
    X, y = torch.from_numpy(X).to(device), torch.from_numpy(y).to(device)
    X = (X - X.mean((0, 1))) / X.std((0, 1))
    network = Network(cell, X.shape[2], hidden, int(y.max()) + 1, bidirectional).to(device)
    optimizer = _optimizer(network)
    for _ in range(epochs):
        for index in torch.randperm(len(X), device=device).split(batch_size):
            loss = nn.functional.cross_entropy(network(X[index]), y[index])
            _step(network, optimizer, loss)
    return network


def predict(network, X, batch_size=256, device="cpu"):
    """Outputs in inference mode, batch by batch."""
    network.eval()
    with torch.inference_mode():
        return torch.cat([network(part.to(device)) for part in torch.from_numpy(X).split(batch_size)]).cpu()


def skorch_classifier(cell, *, n_features, hidden, n_outputs, batch_size, epochs, lr=5e-3, **options):
    """The same network in skorch as it comes, but for what it would print and hold back."""
    from skorch import NeuralNetClassifier

    return NeuralNetClassifier(
        Network,
        module__cell=cell,
        module__n_features=n_features,
        module__hidden=hidden,
        module__n_outputs=n_outputs,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=lr,
        batch_size=batch_size,
        max_epochs=epochs,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
        **options,
    )


def train_packed(cell, X, y, *, hidden, batch_size, epochs, bidirectional=False, device="cpu"):
    """Ragged sequences padded batch by batch and packed."""
    torch.manual_seed(0)
    X, y = [torch.from_numpy(x) for x in X], torch.from_numpy(y)
    lengths = torch.tensor([len(x) for x in X])
    network = Network(cell, X[0].shape[1], hidden, int(y.max()) + 1, bidirectional).to(device)
    optimizer = _optimizer(network)
    for _ in range(epochs):
        for index in torch.randperm(len(X)).split(batch_size):
            batch = pad_sequence([X[i] for i in index.tolist()], batch_first=True).to(device)
            loss = nn.functional.cross_entropy(network(batch, lengths[index]), y[index].to(device))
            _step(network, optimizer, loss)
    return network
