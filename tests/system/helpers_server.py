# SPDX-License-Identifier: Apache-2.0
"""A real server as a process that a test may kill, restart and suspend."""
import signal


class Server:
    """self.process runs after self.start()."""

    process = None

    def kill(self):
        """Ends it; what it had in memory is gone."""
        if self.process and self.process.poll() is None:
            self.resume()
            self.process.kill()
            self.process.wait(10)

    def restart(self):
        """It comes back at the same address."""
        self.kill()
        self.start()

    def pause(self):
        """From now on it accepts connections and never answers."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)
