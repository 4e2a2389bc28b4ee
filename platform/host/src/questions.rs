//! Who answers the questions that services ask one another. Each service that can, says so when it is mounted;
//! the asker finds the answer here and cannot tell where it comes from.

use std::sync::{Arc, OnceLock};

use contracts::{
    ServiceName,
    questions::{OrderArrival, QuestionError, StockHolds, StockLevels},
};

/// The answers that are known.
#[derive(Default)]
pub struct Questions {
    /// Inventory's.
    pub stock_holds: OnceLock<Arc<dyn StockHolds>>,
    /// Inventory's.
    pub stock_levels: OnceLock<Arc<dyn StockLevels>>,
    /// Ordering's.
    pub order_arrival: OnceLock<Arc<dyn OrderArrival>>,
}

impl Questions {
    /// Who sets holds on stock.
    ///
    /// # Errors
    /// Nobody has said that they do.
    pub fn stock_holds(&self) -> Result<&dyn StockHolds, QuestionError> {
        self.stock_holds
            .get()
            .map(|answer| &**answer)
            .ok_or(QuestionError::Unavailable(ServiceName::Inventory))
    }

    /// Who knows stock levels.
    ///
    /// # Errors
    /// Nobody has said that they do.
    pub fn stock_levels(&self) -> Result<&dyn StockLevels, QuestionError> {
        self.stock_levels
            .get()
            .map(|answer| &**answer)
            .ok_or(QuestionError::Unavailable(ServiceName::Inventory))
    }

    /// Who knows whether an order has come to ordering.
    ///
    /// # Errors
    /// Nobody has said that they do.
    pub fn order_arrival(&self) -> Result<&dyn OrderArrival, QuestionError> {
        self.order_arrival
            .get()
            .map(|answer| &**answer)
            .ok_or(QuestionError::Unavailable(ServiceName::Ordering))
    }
}
