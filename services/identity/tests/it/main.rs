//! The service's rules on the engine's unit of work, and its routes on real databases.

mod http;
mod rules;
