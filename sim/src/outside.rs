//! The gateway and the carrier: models with books of their own, which no crash of the shop touches. Each carries out a key once.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use async_trait::async_trait;
use contracts::{Money, OrderId};
use engine::{Outside, OutsideError};
use fulfilment::{Booking, Fulfilment, Parcel};
use parking_lot::Mutex;
use payment::{Payments, Request, Response};
use uuid::Uuid;

use crate::{
    faults::{Fault, Faults},
    planted::Planted,
    rules::Rules,
};

/// The payment method that the gateway always declines.
pub const DECLINED_CARD: &str = "pm_declined";

/// What the gateway has done under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// What it was asked.
    pub request: Request,
    /// What it has answered since.
    pub response: Response,
}

impl Movement {
    /// The order or the top-up.
    pub fn subject(&self) -> Uuid {
        match &self.request {
            Request::Capture { order_id, .. } | Request::Refund { order_id, .. } => order_id.0,
            Request::TopUp { top_up_id, .. } => *top_up_id,
        }
    }

    /// What it took; negative where it gave back.
    pub fn taken(&self) -> Option<Money> {
        match (&self.request, &self.response) {
            (Request::Refund { amount, currency, .. }, Response::Refunded) => {
                Some(Money::new(-amount, *currency))
            }
            (Request::Capture { amount, currency, .. }, Response::Captured { .. }) => {
                Some(Money::new(*amount, *currency))
            }
            (Request::TopUp { amount, .. }, Response::Captured { .. }) => Some(*amount),
            _ => None,
        }
    }
}

/// What the outside knows.
#[derive(Default)]
pub struct Books {
    /// The gateway's ledger, by idempotency key.
    pub movements: BTreeMap<String, Movement>,
    /// The carrier's bookings, by idempotency key.
    pub bookings: BTreeMap<String, OrderId>,
    /// What the gateway will say again of its own.
    pub callbacks: Vec<payment::Message>,
}

/// The outside as one service calls it.
#[derive(Clone)]
pub struct Model {
    books: Arc<Mutex<Books>>,
    faults: Faults,
    planted: Option<Planted>,
    /// How often the caller has started.
    starts: Arc<AtomicU32>,
}

impl Model {
    /// The outside, as called by a service whose starts are counted.
    pub fn new(
        books: &Arc<Mutex<Books>>,
        faults: &Faults,
        planted: Option<Planted>,
        starts: &Arc<AtomicU32>,
    ) -> Self {
        Self { books: books.clone(), faults: faults.clone(), planted, starts: starts.clone() }
    }

    /// The key that reaches the outside.
    fn key(&self, key: &str) -> String {
        match self.planted {
            Some(Planted::FreshKeyAfterCrash) => format!("{key}/{}", self.starts.load(Ordering::Relaxed)),
            _ => key.to_owned(),
        }
    }

    fn is_reached(&self) -> Result<(), OutsideError> {
        if self.faults.strikes(Fault::OutsideDown) {
            return Err(OutsideError::Unavailable("no connection".into()));
        }
        if self.faults.strikes(Fault::CallLost) {
            return Err(OutsideError::Unknown("time-out".into()));
        }
        Ok(())
    }

    fn answers(&self) -> Result<(), OutsideError> {
        if self.faults.strikes(Fault::CallAnswerLost) {
            return Err(OutsideError::Unknown("time-out after success".into()));
        }
        Ok(())
    }
}

/// What the gateway does when it is asked for the first time.
fn carried_out(key: &str, request: &Request, faults: &Faults) -> Response {
    let method = match request {
        Request::Refund { .. } if faults.strikes(Fault::RefundDeclined) => {
            return Response::Declined { code: "account_closed".into() };
        }
        Request::Refund { .. } => return Response::Refunded,
        Request::Capture { method, .. } | Request::TopUp { method, .. } => method,
    };
    if method == DECLINED_CARD || faults.strikes(Fault::Declined) {
        return Response::Declined { code: "card_declined".into() };
    }
    Response::Captured { reference: format!("gw_{key}") }
}

/// What a gateway's callback says.
fn callback(request: &Request, response: &Response) -> Option<payment::Message> {
    use payment::Message;
    let Response::Captured { reference } = response else { return None };
    let reference = reference.clone();
    match request {
        Request::Capture { order_id, .. } => Some(Message::Captured { order_id: *order_id, reference }),
        Request::TopUp { top_up_id, .. } => Some(Message::TopUpCaptured { top_up_id: *top_up_id, reference }),
        Request::Refund { .. } => None,
    }
}

#[async_trait]
impl Outside<Rules<Payments>> for Model {
    async fn call(&self, key: &str, request: &Request) -> Result<Response, OutsideError> {
        self.is_reached()?;
        let key = self.key(key);
        let response = {
            let mut books = self.books.lock();
            let known = books.movements.get(&key).map(|movement| movement.response.clone());
            known.unwrap_or_else(|| {
                let response = carried_out(&key, request, &self.faults);
                let movement = Movement { request: request.clone(), response: response.clone() };
                books.movements.insert(key.clone(), movement);
                if let Some(callback) = callback(request, &response)
                    && self.faults.strikes(Fault::CallbackRepeated)
                {
                    books.callbacks.push(callback);
                }
                response
            })
        };
        self.answers()?;
        Ok(response)
    }

    async fn ask(&self, key: &str, _: &Request) -> Result<Option<Response>, OutsideError> {
        self.is_reached()?;
        let found = self.books.lock().movements.get(&self.key(key)).map(|known| known.response.clone());
        self.answers()?;
        Ok(found)
    }
}

fn booking(key: &str) -> Booking {
    Booking { carrier: "Model Parcel".into(), tracking_number: format!("MP{key}") }
}

#[async_trait]
impl Outside<Rules<Fulfilment>> for Model {
    async fn call(&self, key: &str, parcel: &Parcel) -> Result<Booking, OutsideError> {
        self.is_reached()?;
        let key = self.key(key);
        self.books.lock().bookings.insert(key.clone(), parcel.order_id);
        self.answers()?;
        Ok(booking(&key))
    }

    async fn ask(&self, key: &str, _: &Parcel) -> Result<Option<Booking>, OutsideError> {
        self.is_reached()?;
        let key = self.key(key);
        let found = self.books.lock().bookings.contains_key(&key).then(|| booking(&key));
        self.answers()?;
        Ok(found)
    }
}
