using Microsoft.ML.Implicit.Persistence;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Implicit.Training;

/// <summary>
/// One token for what cancels training: the user's own, and <see cref="MLContext.CancelExecution"/>, which only sets a flag that has to be looked at.
/// </summary>
internal sealed class TrainingCancellation : IDisposable
{
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly IHost _host;
    private readonly CancellationTokenSource _source;
    private readonly Timer _timer;

    public TrainingCancellation(IHost host, CancellationToken cancellationToken)
    {
        _host = host;
        _source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _timer = new Timer(_ => Look(), null, TimeSpan.Zero, LookInterval);
    }

    /// <summary>For solvers, which know no host.</summary>
    public CancellationToken Token => _source.Token;

    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public void ThrowIfRequested()
    {
        Look();
        _source.Token.ThrowIfCancellationRequested();
    }

    public void Dispose()
    {
        // A look that is under way needs the source.
        using var ended = new ManualResetEvent(false);
        if (_timer.Dispose(ended))
        {
            ended.WaitOne();
        }

        _source.Dispose();
    }

    private void Look()
    {
        if (MLNetCompatibility.IsCancelled(_host))
        {
            _source.Cancel();
        }
    }
}
