//! The generator: sends what is due, collects what comes back.

use std::{
    future::Future,
    io,
    pin::pin,
    rc::Rc,
    time::{Duration, SystemTime},
};

use tokio::{
    runtime::{LocalOptions, LocalRuntime},
    sync::{mpsc, oneshot},
    time::MissedTickBehavior,
};

use super::{
    End, Plan, Progress, RunError, TrafficResult,
    alarm::Alarm,
    descriptors,
    request::Sender,
    run_state::{Due, RunState},
    schedule::Schedule,
};

/// Interval between reports of progress.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);
/// Longest time without a look at the end of the run, which may change, and at requests that have waited too long.
const LONGEST_WAIT: Duration = Duration::from_millis(50);

/// Carries out a plan. `progress` gets the state of the run about five times a second. When `cancel` completes, the
/// requests in flight are abandoned and the partial result is returned at once; so it is when this future is dropped.
///
/// The generator has a thread and a runtime of its own, so that neither it nor what else runs in the caller's runtime
/// delays the other.
///
/// # Errors
/// A [`RunError`] if the plan is impossible or this process lacks what it needs. Failed requests are not an error.
pub async fn run(
    plan: &Plan,
    progress: impl FnMut(Progress),
    cancel: impl Future<Output = ()>,
) -> Result<TrafficResult, RunError> {
    run_until(plan, End::planned(), progress, cancel).await
}

/// Runs a plan with an end of its own: requests become due until then.
///
/// # Errors
/// As [`run`].
pub async fn run_until(
    plan: &Plan,
    end: End,
    mut progress: impl FnMut(Progress),
    cancel: impl Future<Output = ()>,
) -> Result<TrafficResult, RunError> {
    // Checked here too, so that a wrong plan starts no thread.
    plan.request()?;
    let plan = plan.clone();
    // Dropping this sender stops the run as well.
    let (stop, stopped) = oneshot::channel::<()>();
    let (tell, mut told) = mpsc::unbounded_channel();
    let (finish, mut finished) = oneshot::channel();
    let body = move || {
        // The receiver is gone if the caller was dropped.
        let _ = finish.send(generate(&plan, &end, &tell, stopped));
    };
    std::thread::Builder::new().name("meshwalk-traffic".to_owned()).spawn(body).map_err(RunError::Thread)?;

    let mut cancel = pin!(cancel);
    let mut stop = Some(stop);
    loop {
        tokio::select! {
            biased;
            Some(report) = told.recv() => progress(report),
            result = &mut finished => return result.unwrap_or(Err(RunError::Lost)),
            () = &mut cancel, if stop.is_some() => stop = None,
        }
    }
}

fn generate(
    plan: &Plan,
    end: &End,
    tell: &mpsc::UnboundedSender<Progress>,
    stopped: oneshot::Receiver<()>,
) -> Result<TrafficResult, RunError> {
    let runtime: LocalRuntime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build_local(LocalOptions::default())
        .map_err(RunError::Thread)?;
    runtime.block_on(async {
        let alarm = Alarm::new().map_err(|source| RunError::Exhausted { sent: 0, source })?;
        let started_at = SystemTime::now();
        let connections = descriptors::allow(plan.connection_bound());
        let in_flight = if plan.shares_connections() { plan.max_in_flight } else { connections };
        let sender = Sender::new(plan, connections)?;
        let state = Rc::new(RunState::new(plan, sender, in_flight));
        let interrupted = dispatch(plan, end, &state, &alarm, tell, stopped).await?;
        let traffic = finish(plan, &state, started_at, interrupted);
        report(&state, tell, true);
        Ok(traffic)
    })
}

/// Gives out what is due until everything has ended. Returns true if the run was stopped before.
async fn dispatch(
    plan: &Plan,
    end: &End,
    state: &Rc<RunState>,
    alarm: &Alarm,
    tell: &mpsc::UnboundedSender<Progress>,
    mut stopped: oneshot::Receiver<()>,
) -> Result<bool, RunError> {
    let mut schedule = Schedule::new(plan);
    let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        // The end may come from outside during the run.
        let limits = end.limits(plan);
        let elapsed = state.start.elapsed();
        let mut next = schedule.peek(limits);
        // After a late wake-up several requests are due; they are sent together.
        while let Some(at) = next.filter(|at| *at <= elapsed) {
            state.dispatch(Due { at, counts: schedule.advance() });
            next = schedule.peek(limits);
        }
        state.expire();
        state.tally(|tally| tally.all_due = next.is_none());
        if let Some(source) = state.tally(|tally| tally.exhausted.take()) {
            return Err(exhausted(state, source));
        }
        if next.is_none() && state.is_drained() {
            return Ok(false);
        }
        let wake = next.unwrap_or(Duration::MAX).min(elapsed + LONGEST_WAIT);
        tokio::select! {
            biased;
            _ = &mut stopped => return Ok(true),
            _ = ticks.tick() => report(state, tell, false),
            () = state.changed.notified() => {}
            waited = alarm.wait_until(state.start + wake) => waited.map_err(|source| exhausted(state, source))?,
        }
    }
}

fn exhausted(state: &RunState, source: io::Error) -> RunError {
    RunError::Exhausted { sent: state.tally(|tally| tally.progress.sent), source }
}

fn report(state: &RunState, tell: &mpsc::UnboundedSender<Progress>, last: bool) {
    let progress = state.tally(|tally| {
        tally.progress.elapsed = state.start.elapsed();
        // Where the end is open, or arrivals are random, the number of requests is known at the end.
        tally.progress.planned = tally.progress.planned.max(tally.progress.due);
        Progress { in_flight: if last { 0 } else { tally.busy() }, ..tally.progress }
    });
    // Without a receiver the run is about to be stopped.
    let _ = tell.send(progress);
}

fn finish(plan: &Plan, state: &RunState, started_at: SystemTime, interrupted: bool) -> TrafficResult {
    let took = state.start.elapsed().saturating_sub(plan.warm_up);
    state.tally(|tally| {
        let mut samples = std::mem::take(&mut tally.recorder.samples);
        samples.sort_by_key(|sample| sample.due);
        let groups = std::mem::take(&mut tally.recorder.groups);
        let planned = if interrupted { plan.requests().max(tally.counted) } else { tally.counted };
        TrafficResult {
            samples,
            groups,
            intervals: tally.recorder.intervals.buckets(),
            rate: plan.average_rate(),
            planned,
            sent: tally.sent,
            abandoned: if interrupted { tally.counted_busy } else { 0 },
            waiting: if interrupted { tally.counted_waiting() } else { 0 },
            interrupted,
            started_at: Some(started_at + plan.warm_up),
            took,
            connections: state.sender.connections(),
            in_flight: tally.in_flight,
            lateness: tally.lateness.lateness(),
            last_sent: tally.last_sent.saturating_sub(plan.warm_up),
        }
    })
}
