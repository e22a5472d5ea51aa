"""What it takes to switch a circuit between its configurations, and the cheapest order of several."""

from chaoscad.switching.changes import Change, Control, Switch, controls, switch
from chaoscad.switching.every import Switching, switching
from chaoscad.switching.order import MOST_EXACT, Order, cheapest_order

__all__ = [
    "MOST_EXACT",
    "Change",
    "Control",
    "Order",
    "Switch",
    "Switching",
    "cheapest_order",
    "controls",
    "switch",
    "switching",
]
