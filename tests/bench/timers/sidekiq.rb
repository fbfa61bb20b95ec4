# SPDX-License-Identifier: Apache-2.0
# The same timers as scheduled jobs of Sidekiq:  sidekiq.rb REDIS.SOCK PENDING SPREAD SECONDS BURST
# Prints {"lateness_p99": ms, "fires_s", "bytes_per_timer"}.  Its poller looks as often as it does by
# default for one process.
require 'json'

socket, *numbers = ARGV
ENV['PEER_SOCKET'] = socket
pending, spread, seconds, burst = numbers.map(&:to_i)
require_relative 'sidekiq_job'

def entry(name, due)
  { 'class' => 'TimerJob', 'args' => [name, due], 'retry' => false, 'queue' => 'default',
    'jid' => format('%024x', rand(1 << 90)), 'created_at' => Time.now.to_f }
end

def schedule(count)
  Sidekiq.redis do |r|
    count.times.each_slice(1000) do |some|
      r.zadd('schedule', some.map { |i| due = yield(i); [due / 1000.0, JSON.generate(entry(format('I20990101-%06d/H5/left-1h', i), due))] })
    end
  end
end

def memory = Sidekiq.redis { |r| r.info('memory')['used_memory'].to_i }

before = memory
schedule(pending) { |i| 4_000_000_000_000 + i }
bytes = (memory - before).to_f / pending
start = (Time.now.to_i + 15) * 1000
instant = start + (seconds + 6) * 1000
schedule(spread) { |i| start + (i % seconds) * 1000 }
schedule(burst) { |_| instant }
child = spawn('sidekiq', '-c', '10', '-r', File.join(__dir__, 'sidekiq_job.rb'), out: :err)
begin
  sleep 0.2 until Sidekiq.redis { |r| r.llen('peer:late') } >= spread + burst
  rows = Sidekiq.redis { |r| r.lrange('peer:late', 0, -1) }.map { |l| l.split.map(&:to_f) }
ensure
  Process.kill(:TERM, child)
  Process.wait(child)
end
all, late = rows.partition { |due, _| due == instant }.map { |l| l.map(&:last).sort }
puts JSON.generate(lateness_p99: late[(late.size * 0.99).floor], fires_s: burst / all.last * 1000, bytes_per_timer: bytes)
