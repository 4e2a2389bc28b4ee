//! Who answers the questions that services ask one another. Each service that can, says so when it is mounted;
//! the asker finds the answer here and cannot tell where it comes from.

use std::sync::{Arc, OnceLock};

use contracts::{
    ServiceName,
    questions::{OrderArrival, OrderOwners, QuestionError, StockHolds, StockLevels},
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
    /// Ordering's.
    pub order_owners: OnceLock<Arc<dyn OrderOwners>>,
}

impl Questions {
    /// Who sets holds on stock.
    ///
    /// # Errors
    /// Nobody has said that they do.
    pub fn stock_holds(&self) -> Result<&dyn StockHolds, QuestionError> {
        answer(&self.stock_holds, ServiceName::Inventory)
    }

    /// Who knows stock levels.
    ///
    /// # Errors
    /// Nobody has said that they do.
    pub fn stock_levels(&self) -> Result<&dyn StockLevels, QuestionError> {
        answer(&self.stock_levels, ServiceName::Inventory)
    }

    /// Who knows whether an order has come to ordering.
    ///
    /// # Errors
    /// Nobody has said that they do.
    pub fn order_arrival(&self) -> Result<&dyn OrderArrival, QuestionError> {
        answer(&self.order_arrival, ServiceName::Ordering)
    }

    /// Who knows whose an order is.
    ///
    /// # Errors
    /// Nobody has said that they do.
    pub fn order_owners(&self) -> Result<&dyn OrderOwners, QuestionError> {
        answer(&self.order_owners, ServiceName::Ordering)
    }
}

fn answer<T: ?Sized>(known: &OnceLock<Arc<T>>, of: ServiceName) -> Result<&T, QuestionError> {
    known.get().map(|answer| &**answer).ok_or(QuestionError::Unavailable(of))
}
