using System.Runtime.ExceptionServices;

namespace Microsoft.ML.Implicit.Layers;

/// <summary>Keeps the first exception raised inside a backward pass until it can be thrown.</summary>
internal sealed class BackwardFailures
{
    private ExceptionDispatchInfo? _first;

    public void Add(Exception exception) => Interlocked.CompareExchange(ref _first, ExceptionDispatchInfo.Capture(exception), null);

    public void Clear() => Interlocked.Exchange(ref _first, null);

    public void ThrowFirst() => Interlocked.Exchange(ref _first, null)?.Throw();
}
