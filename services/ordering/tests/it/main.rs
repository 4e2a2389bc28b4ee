//! The order's saga, step by step: each event applies, applies twice, and arrives out of order.

mod cancelling;
mod claiming;
mod grace_period;
mod live;
mod managers;
mod saga;
mod shop;
mod timeline;
mod world;
