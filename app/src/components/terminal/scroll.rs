//! Wheel and finger over the terminal: they belong to the program if it asked for the mouse, else they look back.
//!
//! The page never scrolls under the finger. Must not know how looking back is done.

use std::{cell::Cell, rc::Rc};

use gloo_timers::callback::Interval;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{AddEventListenerOptions, Event, HtmlElement, TouchEvent, WheelEvent, WheelEventInit};

/// Pixels of a notch of a wheel that reports lines.
const LINE: f64 = 16.0;
/// Milliseconds between two steps of a list that goes on after the finger left.
const STEP_MS: u32 = 16;
/// What is left of the speed after each step.
const FRICTION: f64 = 0.94;
/// Pixels for each step below which it stops.
const STILL: f64 = 0.4;

/// What the place does with a movement.
pub struct Moves {
    /// Pixels of a row.
    pub row: Box<dyn Fn() -> f64>,
    /// Whether the program has the mouse.
    pub programs: Box<dyn Fn() -> bool>,
    /// Look back by so many lines, upwards if positive.
    pub look: Box<dyn Fn(i32)>,
}

struct Inner {
    moves: Moves,
    place: HtmlElement,
    /// Where the finger was last, and when.
    finger: Cell<Option<(f64, f64)>>,
    /// Pixels for each millisecond, downwards if positive.
    speed: Cell<f64>,
    /// Pixels that are not a whole line yet.
    rest: Cell<f64>,
    gliding: Cell<Option<Interval>>,
}

type Listener = Closure<dyn FnMut(Event)>;

/// Listens as long as it lives.
pub struct Scroll {
    inner: Rc<Inner>,
    listeners: Vec<(&'static str, Listener)>,
}

impl Scroll {
    /// Listens to movements over a place.
    pub fn over(place: HtmlElement, moves: Moves) -> Self {
        let inner = Rc::new(Inner {
            moves,
            place,
            finger: Cell::new(None),
            speed: Cell::new(0.0),
            rest: Cell::new(0.0),
            gliding: Cell::new(None),
        });
        let handler = |act: fn(&Rc<Inner>, Event)| {
            let inner = inner.clone();
            Listener::new(move |event| act(&inner, event))
        };
        let listeners = vec![
            ("wheel", handler(|inner, event| inner.wheel(&event))),
            ("touchstart", handler(|inner, event| inner.touched(&event))),
            ("touchmove", handler(|inner, event| inner.moved(&event))),
            ("touchend", handler(|inner, _| inner.clone().glide())),
            ("touchcancel", handler(|inner, _| inner.finger.set(None))),
        ];
        let options = AddEventListenerOptions::new();
        options.set_capture(true);
        // Only then may a handler keep the page from scrolling.
        options.set_passive(false);
        for (name, listener) in &listeners {
            let added = inner.place.add_event_listener_with_callback_and_add_event_listener_options(
                name,
                listener.as_ref().unchecked_ref(),
                &options,
            );
            report(added);
        }
        Self { inner, listeners }
    }

    /// Ends what goes on after the finger left.
    pub fn rest(&self) {
        self.inner.gliding.set(None);
    }
}

impl Drop for Scroll {
    fn drop(&mut self) {
        self.inner.gliding.set(None);
        for (name, listener) in &self.listeners {
            let function = listener.as_ref().unchecked_ref();
            report(self.inner.place.remove_event_listener_with_callback_and_bool(name, function, true));
        }
    }
}

impl Inner {
    fn wheel(&self, event: &Event) {
        // Those that this file made for the program.
        if !event.is_trusted() || (self.moves.programs)() {
            return;
        }
        let Some(wheel) = event.dyn_ref::<WheelEvent>() else { return };
        // With Ctrl the browser zooms.
        if wheel.ctrl_key() {
            return;
        }
        event.prevent_default();
        event.stop_propagation();
        let pixels = match wheel.delta_mode() {
            WheelEvent::DOM_DELTA_PIXEL => wheel.delta_y(),
            WheelEvent::DOM_DELTA_LINE => wheel.delta_y() * LINE,
            _ => wheel.delta_y() * f64::from(self.place.client_height()),
        };
        self.move_by(-pixels);
    }

    fn touched(&self, event: &Event) {
        self.gliding.set(None);
        self.rest.set(0.0);
        self.speed.set(0.0);
        self.finger.set(finger(event));
    }

    fn moved(&self, event: &Event) {
        let (Some((x, y)), Some(before)) = (place_of(event), self.finger.get()) else { return };
        event.prevent_default();
        event.stop_propagation();
        let now = event.time_stamp();
        let (way, time) = (y - before.0, (now - before.1).max(1.0));
        self.speed.set(self.speed.get() * 0.4 + way / time * 0.6);
        self.finger.set(Some((y, now)));
        if (self.moves.programs)() {
            self.turn_wheel(x, y, -way);
        } else {
            self.move_by(way);
        }
    }

    /// Goes on a while after a quick movement.
    fn glide(self: Rc<Self>) {
        if self.finger.take().is_none() || (self.moves.programs)() {
            return;
        }
        let mut pixels = self.speed.get() * f64::from(STEP_MS);
        let inner = Rc::downgrade(&self);
        let interval = Interval::new(STEP_MS, move || {
            let Some(inner) = inner.upgrade() else { return };
            if pixels.abs() < STILL {
                return inner.gliding.set(None);
            }
            inner.move_by(pixels);
            pixels *= FRICTION;
        });
        self.gliding.set(Some(interval));
    }

    /// Pixels downwards are lines of the past.
    fn move_by(&self, pixels: f64) {
        let all = self.rest.get() + pixels / (self.moves.row)().max(1.0);
        let lines = all.trunc();
        self.rest.set(all - lines);
        if lines != 0.0 {
            (self.moves.look)(lines as i32);
        }
    }

    /// What a finger does over a program that has the mouse, a wheel would do.
    fn turn_wheel(&self, x: f64, y: f64, pixels: f64) {
        let init = WheelEventInit::new();
        init.set_bubbles(true);
        init.set_cancelable(true);
        init.set_delta_y(pixels);
        init.set_client_x(x as i32);
        init.set_client_y(y as i32);
        let target = self.place.query_selector(".xterm-screen").ok().flatten();
        let (Some(target), Ok(wheel)) = (target, WheelEvent::new_with_event_init_dict("wheel", &init)) else {
            return;
        };
        if let Err(error) = target.dispatch_event(&wheel) {
            report(Err(error));
        }
    }
}

/// Height and time of the only finger.
fn finger(event: &Event) -> Option<(f64, f64)> {
    Some((place_of(event)?.1, event.time_stamp()))
}

fn place_of(event: &Event) -> Option<(f64, f64)> {
    let touches = event.dyn_ref::<TouchEvent>()?.touches();
    let touch = touches.get(0).filter(|_| touches.length() == 1)?;
    Some((f64::from(touch.client_x()), f64::from(touch.client_y())))
}

fn report(done: Result<(), JsValue>) {
    if let Err(error) = done {
        leptos::logging::error!("the terminal does not follow wheel or finger: {error:?}");
    }
}
