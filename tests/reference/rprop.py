"""Rprop, one element at a time: as published (Riedmiller and Braun 1993), iRprop− (Igel and Hüsken 2003), and optax's.

optax moves at each step by what it decided at the step before, unless the slope has turned since.
"""

import numpy as np


def path(w, gradients, lr, eta_minus, eta_plus, min_step_size, max_step_size, form):
    """Return the points after every step."""
    numbers = (eta_minus, eta_plus, min_step_size, max_step_size)
    slopes = np.array(gradients).reshape(len(gradients), -1)
    moves = np.array([element(column, lr, *numbers, form) for column in slopes.T])
    return [w + total.reshape(w.shape) for total in np.cumsum(moves, axis=1).T]


def element(slopes, lr, eta_minus, eta_plus, min_step_size, max_step_size, form):
    """Return the moves of one element."""
    moves, size, before, decided = [], lr, 0.0, 0.0
    for slope in slopes:
        first = before == 0 and form == "lagged"
        if before * slope > 0:
            size = min(size * eta_plus, max_step_size)
        elif before * slope < 0:
            size = max(size * eta_minus, min_step_size)
        size = size if first else min(max(size, min_step_size), max_step_size)
        turned = before * slope < 0
        now = 0.0 if turned else -size * np.sign(slope)
        if form == "stay":
            moves.append(now)
        elif form == "return":
            moves.append(-decided if turned else now)
        else:
            moves.append(0.0 if turned else decided)
        before, decided = (0.0 if turned else slope), now
    return moves
