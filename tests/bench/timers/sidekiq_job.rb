# SPDX-License-Identifier: Apache-2.0
# What a Sidekiq process of the bench runs: a job notes how late it came into a worker's hands.
require 'sidekiq'

Sidekiq.configure_server { |c| c.redis = { url: "unix://#{ENV.fetch('PEER_SOCKET')}" } }
Sidekiq.configure_client { |c| c.redis = { url: "unix://#{ENV.fetch('PEER_SOCKET')}" } }

class TimerJob
  include Sidekiq::Worker
  sidekiq_options retry: false

  def perform(_name, due)
    late = Time.now.to_f * 1000 - due
    Sidekiq.redis { |r| r.rpush('peer:late', "#{due} #{late}") }
  end
end
