//! A customer who buys again and again until the run is over.

use super::{
    journey::{Journey, NoOrder},
    tally::Tally,
};

/// Buys in a closed loop. A broken connection is an error and is opened again; a server that is gone ends the loop.
pub(super) async fn shop(mut journey: Journey, tally: &Tally, buys_now: bool) {
    while !tally.is_over() {
        let outcome = if buys_now { journey.buy_one_now().await } else { journey.buy_some().await };
        match outcome {
            Ok(_) => {}
            Err(NoOrder::Over) => return,
            Err(NoOrder::Refused) => tally.refused(),
            Err(NoOrder::Error(what)) => {
                tally.error(what);
                if let Err(error) = journey.reconnect().await {
                    tally.error(format!("the server is gone: {error}"));
                    return;
                }
            }
        }
    }
}
