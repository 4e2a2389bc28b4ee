//! The server that a test starts for itself.

mod postgres;
