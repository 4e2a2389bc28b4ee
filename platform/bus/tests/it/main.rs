//! The embedded transport under the suite.

mod embedded;
