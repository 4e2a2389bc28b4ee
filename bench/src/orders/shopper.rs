//! Customers who buy again and again until the run is over.

use std::rc::Rc;

use super::{
    Options,
    catalogue::Catalogue,
    journey::{Journey, NoOrder},
    tally::Tally,
};
use crate::{http::Connection, server::Server};

/// Opens a connection for each shopper, and an account where they are to be logged in.
pub(super) async fn journeys(
    options: &Options,
    server: &Server,
    catalogue: &Rc<Catalogue>,
    tally: &Rc<Tally>,
) -> anyhow::Result<Vec<Journey>> {
    let mut journeys = Vec::with_capacity(options.concurrency);
    for number in 0..options.concurrency {
        let connection = Connection::open(server.address).await?;
        let mut journey = Journey::new(number, connection, Rc::clone(catalogue), Rc::clone(tally));
        if options.logged_in {
            journey.sign_up(options.warm_up + options.seconds).await?;
        }
        journeys.push(journey);
    }
    Ok(journeys)
}

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
