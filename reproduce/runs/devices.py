"""Whether a device can compute; `--device` is checked before anything is trained."""

from __future__ import annotations


def why_unusable(device: str) -> str | None:
    """Say in one line why `device` cannot compute; None if it can.

    A tensor is made there and read back. The device `meta` makes tensors too, but they hold no
    numbers.
    """
    import torch

    try:
        torch.zeros(1, device=device).item()
    except (RuntimeError, AssertionError, ImportError) as error:
        return (str(error) or type(error).__name__).splitlines()[0]
    return None


def check_device(device: str) -> None:
    """Raise ValueError naming the flag if `device` cannot compute here."""
    reason = why_unusable(device)
    if reason is not None:
        raise ValueError(f"--device {device}: {reason}; use cpu")
