// Time for the writing: one tick a token, until the ticking says that it is over.

// tick() returns whether to go on; wait() says how many milliseconds until the next.
export function makePlayer({ tick, wait, onChange }) {
  let timer = 0;
  const stop = () => {
    if (timer === 0) return;
    clearTimeout(timer);
    timer = 0;
    onChange();
  };
  const next = () => {
    timer = setTimeout(() => {
      if (tick()) next();
      else stop();
    }, wait());
  };
  return {
    start() {
      clearTimeout(timer);
      next();
      onChange();
    },
    stop,
    isPlaying: () => timer !== 0,
  };
}
