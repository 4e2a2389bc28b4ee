//! The simulation itself: that it is repeatable, that the shop passes it, and that planted bugs do not.

mod planted;
mod seeds;
