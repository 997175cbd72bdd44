use tokio::runtime::{Builder, LocalOptions};

use super::*;
use crate::traffic::{Address, Answer};

#[test]
fn requests_of_the_warm_up_do_not_count_as_held_back_or_in_flight() {
    let plan = Plan::get(Address::Unix("/nowhere".into()), "test", "/", 1.0, Duration::from_secs(1));
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default()).unwrap();
    runtime.block_on(async {
        let state = Rc::new(RunState::new(&plan, Sender::new(&plan, 1).unwrap(), 1));
        let warm_up = Due { at: Duration::ZERO, counts: false };
        let counted = Due { counts: true, ..warm_up };
        // The first one takes the slot. Its worker does not run, because nothing here gives way to it.
        (0..3).for_each(|_| state.dispatch(warm_up));
        let in_flight = |tally: &mut RunCounts| (tally.in_flight, tally.progress.held_back);
        assert_eq!(state.tally(in_flight), (InFlight { bound: 1, ..InFlight::default() }, 2));
        state.dispatch(counted);
        let slot = Rc::new(IdleSlot::default());
        for due in [warm_up, warm_up] {
            state.finish(due, Outcome::Answer(Answer::default()));
            assert!(!state.next_for(&slot).unwrap().counts);
            let (InFlight { peak, longest_wait, .. }, _) = state.tally(in_flight);
            assert_eq!((peak, longest_wait), (0, Duration::ZERO));
        }
        state.finish(warm_up, Outcome::Answer(Answer::default()));
        assert!(state.next_for(&slot).unwrap().counts);
        let (InFlight { held_back, peak, longest_wait, .. }, all_held_back) = state.tally(in_flight);
        assert_eq!((held_back, peak, all_held_back), (1, 1, 3));
        assert!(longest_wait > Duration::ZERO);
    });
}
