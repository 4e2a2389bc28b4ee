//! The real rules of a service, which now and then fail for a time, and with a planted bug decide wrongly.

use std::sync::Arc;

use contracts::{Envelope, Refusal, ServiceName, UnreadableEvent};
use engine::{Cx, Key, Needs, Projection, Publication, Rows, Service, Subscription, Table};

use crate::{
    faults::{Fault, Faults},
    planted::Planted,
};

/// What an error of the rules that was made on purpose says.
pub const MADE_TO_FAIL: &str = "made_to_fail";

/// A service's rules, and where they may be wrong.
pub trait Twist: Service + Sized {
    /// Whether nobody waits for the message, so that it may meet an error and come again.
    fn may_fail(message: &Self::Message) -> bool;

    /// Asks for what a planted bug touches besides what the rules do.
    fn name_more(_bug: Planted, _message: &Self::Message, _needs: &mut Needs<'_>) {}

    /// Decides as a planted bug does; the rules as they are where it has no part in the message.
    ///
    /// # Errors
    /// The rules' refusals.
    fn decide_wrongly(
        &self,
        _bug: Planted,
        message: &Self::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Rules<Self>>,
    ) -> Result<Self::Reply, Refusal> {
        self.decide(message, rows, cx)
    }

    /// Decides as the rules do.
    ///
    /// # Errors
    /// The rules' refusals.
    fn decide(
        &self,
        message: &Self::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Rules<Self>>,
    ) -> Result<Self::Reply, Refusal> {
        cx.lend(|cx| self.handle(message, rows, cx))
    }
}

/// The rules as a node runs them.
pub struct Rules<S> {
    /// The real ones.
    pub real: Arc<S>,
    /// The seed's faults.
    pub faults: Faults,
    /// What is wrong with them.
    pub planted: Option<Planted>,
}

impl<S: Twist> Service for Rules<S> {
    const NAME: ServiceName = S::NAME;
    type Message = S::Message;
    type Reply = S::Reply;
    type Fact = S::Fact;
    type Request = S::Request;
    type Response = S::Response;

    fn tables(&self) -> Vec<&'static Table> {
        self.real.tables()
    }

    fn key(&self, message: &S::Message) -> Key {
        self.real.key(message)
    }

    fn needs(&self, message: &S::Message, needs: &mut Needs<'_>) {
        self.real.needs(message, needs);
        if let Some(bug) = self.planted {
            S::name_more(bug, message, needs);
        }
    }

    fn handle(
        &self,
        message: &S::Message,
        rows: &mut Rows,
        cx: &mut Cx<'_, Self>,
    ) -> Result<S::Reply, Refusal> {
        if S::may_fail(message) && self.faults.strikes(Fault::RulesBroken) {
            return Err(Refusal::conflict(MADE_TO_FAIL, "The rules fail for a time."));
        }
        match self.planted {
            Some(bug) => self.real.decide_wrongly(bug, message, rows, cx),
            None => self.real.decide(message, rows, cx),
        }
    }

    fn subscriptions(&self) -> &'static [Subscription] {
        self.real.subscriptions()
    }

    fn receive(&self, event: &Envelope) -> Result<Option<S::Message>, UnreadableEvent> {
        self.real.receive(event)
    }

    fn publish(&self, fact: S::Fact) -> Publication {
        self.real.publish(fact)
    }

    fn effect_ended(&self, request: S::Request, response: S::Response) -> S::Message {
        self.real.effect_ended(request, response)
    }

    fn projections(&self) -> Vec<Box<dyn Projection>> {
        self.real.projections()
    }
}
