//! What clients ask of the services, and what they are answered, whichever service it is.

use engine::{CommandError, Service};

/// A command to one of the services.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant)] // Made once per command.
pub enum Ask {
    /// To the catalogue.
    Catalog(catalog::Message),
    /// To inventory.
    Inventory(inventory::Message),
    /// To the carts.
    Cart(cart::Message),
    /// To ordering.
    Ordering(ordering::Message),
    /// To payment.
    Payment(payment::Message),
    /// To fulfilment.
    Fulfilment(fulfilment::Message),
}

/// What a service said.
#[derive(Clone, Debug, serde::Serialize)]
#[allow(clippy::large_enum_variant)] // Made once per command.
pub enum Reply {
    /// The catalogue.
    Catalog(catalog::Reply),
    /// Inventory.
    Inventory(inventory::Reply),
    /// The carts.
    Cart(cart::Reply),
    /// Ordering: where the order stands.
    Ordering(ordering::Status),
    /// Payment.
    Payment(payment::Reply),
    /// Fulfilment: where the shipment stands.
    Fulfilment(Option<fulfilment::Status>),
}

/// The answer to a command.
pub type Answer = Result<Reply, CommandError>;

/// A service that takes some of the commands.
pub trait Speaks: Service {
    /// The command, where it is one of this service.
    fn message(ask: Ask) -> Option<Self::Message>;

    /// What it said.
    fn reply(reply: Self::Reply) -> Reply;
}

macro_rules! speaks {
    ($($service:ty => $variant:ident),* $(,)?) => {
        $(impl Speaks for $service {
            fn message(ask: Ask) -> Option<Self::Message> {
                match ask {
                    Ask::$variant(message) => Some(message),
                    _ => None,
                }
            }

            fn reply(reply: Self::Reply) -> Reply {
                Reply::$variant(reply)
            }
        })*

        impl Ask {
            /// Whose command it is.
            pub fn service(&self) -> contracts::ServiceName {
                match self {
                    $(Self::$variant(_) => <$service as Service>::NAME,)*
                }
            }
        }
    };
}

speaks! {
    catalog::Catalog => Catalog,
    inventory::Inventory => Inventory,
    cart::Carts => Cart,
    ordering::Ordering => Ordering,
    payment::Payments => Payment,
    fulfilment::Fulfilment => Fulfilment,
}
