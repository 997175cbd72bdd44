//! The generator: sends what is due, collects what comes back.

use std::{
    future::Future,
    io,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use http::Request;
use http_body_util::Empty;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::MissedTickBehavior,
};

use super::{
    End, FailureKind, InFlight, Latencies, Outcome, Plan, Progress, RunError, Sample, Traffic, descriptors, pacer,
    pool::Pool, request,
};

/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// Carries out a plan. `progress` is told how far it has come some five times a second. When `cancel` completes, the
/// requests in flight are abandoned and the partial result is returned at once; so it is when this future is dropped.
///
/// The generator has a thread and a runtime of its own, so that neither it nor what else runs in the caller's runtime
/// delays the other.
///
/// # Errors
/// A [`RunError`] if the plan is impossible or this process lacks what it needs. Failed requests are no error.
pub async fn run(
    plan: &Plan,
    progress: impl FnMut(Progress),
    cancel: impl Future<Output = ()>,
) -> Result<Traffic, RunError> {
    run_until(plan, End::planned(), progress, cancel).await
}

/// The same with an end of its own: what is due goes on becoming due until then.
///
/// # Errors
/// As [`run`].
pub async fn run_until(
    plan: &Plan,
    end: End,
    mut progress: impl FnMut(Progress),
    cancel: impl Future<Output = ()>,
) -> Result<Traffic, RunError> {
    let request = plan.request()?;
    let plan = plan.clone();
    // Dropping this sender stops the run as well.
    let (stop, stopped) = oneshot::channel::<()>();
    let (tell, mut told) = mpsc::unbounded_channel();
    let (finish, mut finished) = oneshot::channel();
    let body = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let result = runtime
            .map_err(RunError::Thread)
            .and_then(|runtime| runtime.block_on(Generator::new(plan, end, request, tell).drive(stopped)));
        // Nobody listens any more if the caller was dropped.
        let _ = finish.send(result);
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

struct Generator {
    plan: Arc<Plan>,
    end: End,
    request: Request<Empty<Bytes>>,
    tell: mpsc::UnboundedSender<Progress>,
    pool: Arc<Pool>,
    tasks: JoinSet<Result<Sample, io::Error>>,
    samples: Vec<Sample>,
    lateness: Latencies,
    in_flight: InFlight,
    /// The next request to send.
    next: u64,
    /// How many of the requests, from the first one, are known to be held back or not.
    considered: u64,
    last_sent: Duration,
    progress: Progress,
}

impl Generator {
    fn new(plan: Plan, end: End, request: Request<Empty<Bytes>>, tell: mpsc::UnboundedSender<Progress>) -> Self {
        let bound = descriptors::allow(plan.max_in_flight);
        let pool = Pool::new(plan.address.clone(), !plan.fresh_connections);
        let progress = Progress { planned: plan.requests(), ..Progress::default() };
        Self {
            samples: Vec::new(),
            plan: Arc::new(plan),
            end,
            request,
            tell,
            pool: Arc::new(pool),
            tasks: JoinSet::new(),
            lateness: Latencies::default(),
            in_flight: InFlight { bound, ..InFlight::default() },
            next: 0,
            considered: 0,
            last_sent: Duration::ZERO,
            progress,
        }
    }

    async fn drive(mut self, mut stopped: oneshot::Receiver<()>) -> Result<Traffic, RunError> {
        let started_at = SystemTime::now();
        let start = Instant::now();
        let (mut clock, _pacer) = pacer::start(&self.plan, &self.end, start).map_err(RunError::Thread)?;
        let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let (mut interrupted, mut all_due) = (false, false);
        while !all_due || self.next < self.progress.due || !self.tasks.is_empty() {
            tokio::select! {
                biased;
                _ = &mut stopped => {
                    interrupted = true;
                    break;
                }
                _ = ticks.tick() => self.report(start.elapsed()),
                changed = clock.changed(), if !all_due => {
                    self.progress.due = *clock.borrow_and_update();
                    // Where the end is open, there are as many as the clock says when it stops.
                    self.progress.planned = self.progress.planned.max(self.progress.due);
                    all_due = changed.is_err();
                    if all_due && self.progress.due < self.end.requests(&self.plan) {
                        return Err(RunError::Lost);
                    }
                }
                Some(ended) = self.tasks.join_next() => match ended {
                    Ok(Ok(sample)) => self.collect(sample),
                    Ok(Err(source)) => return Err(RunError::Exhausted { sent: self.progress.sent, source }),
                    Err(_) => return Err(RunError::Lost),
                },
            }
            self.send_due(start);
        }
        Ok(self.finish(start.elapsed(), started_at, interrupted))
    }

    /// Sends what is due, as far as the bound allows.
    fn send_due(&mut self, start: Instant) {
        while self.next < self.progress.due {
            let index = self.next;
            let due = self.plan.due(index);
            let late = start.elapsed().saturating_sub(due);
            if self.tasks.len() >= self.in_flight.bound {
                // Everything that is due by now has to wait; each is counted once.
                self.progress.held_back += self.progress.due - index.max(self.considered);
                self.considered = self.progress.due;
                if late < self.plan.timeout {
                    return;
                }
                // Whoever waits for this one has given up; the run has to come to its end.
                let detail = format!("not sent: {} requests were in flight all the time", self.in_flight.bound);
                self.next += 1;
                let outcome = Outcome::Failure { kind: FailureKind::Timeout, detail };
                self.collect(Sample { due, latency: late, outcome });
                continue;
            }
            if index < self.considered {
                self.in_flight.longest_wait = self.in_flight.longest_wait.max(late);
            } else {
                self.lateness.record(late);
                self.considered = index + 1;
            }
            self.next += 1;
            self.progress.sent += 1;
            self.last_sent = due + late;
            let task = request::send(self.plan.clone(), self.pool.clone(), self.request.clone(), start, due);
            self.tasks.spawn(task);
            self.in_flight.peak = self.in_flight.peak.max(self.tasks.len());
        }
    }

    fn collect(&mut self, sample: Sample) {
        match &sample.outcome {
            Outcome::Answer(answer) => {
                self.progress.answered += 1;
                self.progress.errors += u64::from(answer.status >= 400);
            }
            Outcome::Failure { .. } => self.progress.failed += 1,
        }
        self.samples.push(sample);
    }

    fn report(&mut self, elapsed: Duration) {
        self.progress.elapsed = elapsed;
        self.progress.in_flight = self.tasks.len() as u64;
        // Without a listener the run is about to be stopped.
        let _ = self.tell.send(self.progress);
    }

    fn finish(mut self, took: Duration, started_at: SystemTime, interrupted: bool) -> Traffic {
        self.samples.sort_by_key(|sample| sample.due);
        self.in_flight.held_back = self.progress.held_back;
        let traffic = Traffic {
            samples: self.samples,
            rate: self.plan.rate,
            planned: self.progress.planned,
            sent: self.progress.sent,
            abandoned: self.tasks.len() as u64,
            interrupted,
            started_at: Some(started_at),
            took,
            connections: self.pool.opened(),
            in_flight: self.in_flight,
            lateness: self.lateness.lateness(),
            last_sent: self.last_sent,
        };
        let _ = self.tell.send(Progress { elapsed: took, in_flight: 0, ..self.progress });
        traffic
    }
}
