#![doc = include_str!("../README.md")]

mod answers;
mod api;
mod decisions;
mod domain;
mod events;
mod message;
mod needs;
mod service;
mod store;

use std::sync::Arc;

use engine::EngineError;

pub use domain::{
    Adjustment, AdjustmentReason, Allocation, AllocationStatus, Change, Hold, HoldLine, Line, Movement,
    MovementReason, Stock, StockChange, WantedChange,
};
pub use message::{Level, Message, Reply};
pub use service::{Config, Inventory};

/// Mounts the service, and answers what others ask about stock.
///
/// # Errors
/// Its database cannot be opened.
pub async fn mount(ctx: &host::Context, config: &Config) -> Result<host::Mounted, EngineError> {
    let opened = ctx.open(Inventory::new(config), None).await?;
    let engine = opened.engine();
    let answers = Arc::new(answers::Answers(engine.clone()));
    // Another inventory in this process would have answered first, and there is only one.
    let _ = ctx.questions.stock_holds.set(answers.clone());
    let _ = ctx.questions.stock_levels.set(answers);
    let api = api::Api::new(engine, ctx.clock.clone());
    Ok(host::Mounted { routes: api::routes(api), service: host::hosted(opened) })
}
