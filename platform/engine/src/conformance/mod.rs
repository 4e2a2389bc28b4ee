//! What every store must hold, run on all three: in memory, SQLite and PostgreSQL.

mod batches;
mod deliveries;
mod later;
mod service;
mod steps;
mod world;
mod writers;

use world::World;

/// One test per rule and store. Each of PostgreSQL's starts a server of its own.
macro_rules! on_every_store {
    ($($module:ident::$rule:ident,)*) => {
        mod memory {
            $(#[test]
            fn $rule() {
                super::$module::$rule(&super::World::memory());
            })*
        }

        mod sqlite {
            $(#[test]
            fn $rule() {
                super::$module::$rule(&super::World::sqlite());
            })*
        }

        mod postgres {
            $(#[test]
            fn $rule() {
                super::$module::$rule(&super::World::postgres());
            })*
        }
    };
}

on_every_store! {
    batches::rows_reply_and_events_commit_together,
    batches::changes_of_different_columns_all_count,
    batches::a_refusal_changes_nothing,
    batches::a_repeated_command_gets_its_first_reply,
    batches::a_key_with_another_request_is_refused,
    batches::a_repeat_within_one_batch_is_decided_once,
    batches::one_poisoned_message_in_500_stands_alone,
    batches::a_constraint_error_stands_alone,
    batches::a_row_that_cannot_be_read_stands_alone,
    batches::a_row_that_needs_did_not_name_is_an_error,
    batches::a_lost_answer_to_a_commit_is_looked_up,
    batches::a_commit_that_did_not_happen_is_done_again,
    batches::what_staff_do_is_in_the_audit_log,
    deliveries::duplicates_of_any_age_are_known,
    deliveries::a_gap_is_remembered_until_it_is_filled,
    deliveries::an_event_that_cannot_be_handled_parks_its_subject,
    deliveries::a_dead_letter_can_be_replayed,
    deliveries::a_dead_letter_can_be_discarded,
    deliveries::a_dead_letter_is_mended_within_its_subject,
    deliveries::an_event_that_is_handed_over_again_has_its_turn,
    deliveries::an_early_event_waits_without_blocking,
    deliveries::an_early_event_waits_until_what_it_waits_for_was_read,
    deliveries::a_clock_that_jumps_does_not_end_the_patience_with_an_early_event,
    later::a_timer_fires_once,
    later::a_timer_is_replaced_and_cancelled,
    later::an_effect_is_answered_once,
    later::an_effect_of_a_process_that_is_gone_is_taken_over,
    later::a_projection_is_rebuilt_from_the_first_event,
    later::a_rebuild_goes_on_in_a_later_process,
    writers::two_writers_leave_no_gap_and_lose_nothing,
    writers::positions_are_in_commit_order,
    writers::one_subject_is_never_reordered,
}
