using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Differentiation;

/// <summary>What implicit layers leave behind in backward passes through graphs built on one thread.</summary>
internal sealed class BackwardContext
{
    private readonly Lock _lock = new();
    private readonly List<Tensor> _returned = [];
    private ExceptionDispatchInfo? _failure;
    private int _depth;

    /// <summary>Keeps the first exception until it can be thrown.</summary>
    public void Fail(Exception exception)
    {
        lock (_lock)
        {
            _failure ??= ExceptionDispatchInfo.Capture(exception);
        }
    }

    /// <summary>
    /// Hands a gradient to autograd, which takes the native tensor and leaves the managed handle to the garbage
    /// collector; within <see cref="ImplicitBackward.Run"/> it is disposed at the end.
    /// </summary>
    public Tensor Return(Tensor gradient)
    {
        Tensor detached = gradient.DetachFromDisposeScope();
        lock (_lock)
        {
            if (_depth > 0)
            {
                _returned.Add(detached);
            }
        }

        return detached;
    }

    public void Enter()
    {
        lock (_lock)
        {
            _failure = _depth++ == 0 ? null : _failure;
        }
    }

    public void Leave()
    {
        lock (_lock)
        {
            if (--_depth == 0)
            {
                _returned.ForEach(tensor => tensor.Dispose());
                _returned.Clear();
            }
        }
    }

    /// <summary>Throws what was kept, if anything.</summary>
    /// <param name="consequence">What was thrown after it, for its <see cref="Exception.Data"/>.</param>
    public void ThrowFailure(Exception? consequence = null)
    {
        lock (_lock)
        {
            ExceptionDispatchInfo? failure = _failure;
            _failure = null;
            if (consequence is not null && failure is not null)
            {
                failure.SourceException.Data[ImplicitBackward.LaterExceptionKey] = consequence;
            }

            failure?.Throw();
        }
    }
}
