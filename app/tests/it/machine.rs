//! A whole shop on a machine that lets it down: its disk is full or read-only, its clock jumps.

mod clock;
mod disk;
mod place;
mod read_only;
mod shoppers;
