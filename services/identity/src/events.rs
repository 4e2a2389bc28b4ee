//! Facts about customers as public events. Identity listens to nobody.

use contracts::events::identity::{
    CustomerCartClaimed, CustomerCreated, CustomerDeleted, CustomerEmailVerified, CustomerUpdated,
    LinkPurpose, LinkRequested,
};
use engine::Publication;

use crate::domain::{self, Fact};

/// Translates a fact.
pub(crate) fn publish(fact: Fact) -> Publication {
    match fact {
        Fact::Created { customer_id, email, name } => {
            Publication::of(&CustomerCreated { customer_id, email, name })
        }
        Fact::Updated { customer_id, email, name } => {
            Publication::of(&CustomerUpdated { customer_id, email, name })
        }
        Fact::EmailVerified { customer_id, email } => {
            Publication::of(&CustomerEmailVerified { customer_id, email })
        }
        Fact::Deleted { customer_id } => Publication::of(&CustomerDeleted { customer_id }),
        Fact::CartClaimed { customer_id, cart_id } => {
            Publication::of(&CustomerCartClaimed { customer_id, cart_id })
        }
        Fact::LinkRequested { link_id, purpose, customer_id, email, name, expires_us } => {
            let purpose = match purpose {
                domain::LinkPurpose::ResetPassword => LinkPurpose::ResetPassword,
                // Invitations are handed over by admins, and never told of.
                domain::LinkPurpose::VerifyEmail | domain::LinkPurpose::Invitation => {
                    LinkPurpose::VerifyEmail
                }
            };
            let customer_id = Some(customer_id);
            Publication::of(&LinkRequested { link_id, purpose, customer_id, email, name, expires_us })
        }
    }
}
