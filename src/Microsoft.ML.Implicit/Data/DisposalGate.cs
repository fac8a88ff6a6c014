namespace Microsoft.ML.Implicit.Data;

/// <summary>Keeps what is in use from being disposed of: closing waits for uses under way, and refuses later ones.</summary>
internal sealed class DisposalGate
{
    private readonly object _lock = new();
    private volatile Type? _closedOwner;
    private int _uses;

    /// <summary>Begins a use, which ends when the result is disposed of. Uses may be nested.</summary>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public Use Enter()
    {
        lock (_lock)
        {
            ThrowIfClosed();
            _uses++;
            return new Use(this);
        }
    }

    /// <summary>Refuses uses from now on, and waits until there is none; not to be called within one.</summary>
    /// <param name="owner">What is disposed of, for the message.</param>
    public void Close(Type owner)
    {
        lock (_lock)
        {
            _closedOwner ??= owner;
            while (_uses > 0)
            {
                Monitor.Wait(_lock);
            }
        }
    }

    /// <summary>Runs an action while there is no use: waits until those under way have ended, and lets later ones wait for it; not to be called within a use.</summary>
    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public void RunAlone(Action action)
    {
        lock (_lock)
        {
            // A use within one under way still begins meanwhile: waiting gives the lock free.
            while (_uses > 0)
            {
                Monitor.Wait(_lock);
            }

            ThrowIfClosed();
            action();
        }
    }

    /// <exception cref="ObjectDisposedException">The gate is closed.</exception>
    public void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_closedOwner is not null, _closedOwner!);

    private void Exit()
    {
        lock (_lock)
        {
            if (--_uses == 0)
            {
                Monitor.PulseAll(_lock);
            }
        }
    }

    /// <summary>One use.</summary>
    public readonly struct Use(DisposalGate gate) : IDisposable
    {
        public void Dispose() => gate.Exit();
    }
}
