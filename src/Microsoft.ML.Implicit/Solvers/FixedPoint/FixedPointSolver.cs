using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.FixedPoint.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.FixedPoint;

/// <summary>What the fixed-point solvers share: checks, the iteration, and the tolerance of each row.</summary>
public abstract class FixedPointSolver : IFixedPointSolver
{
    private readonly FixedPointSettings _settings;

    private protected FixedPointSolver(FixedPointSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Validate();
        NativeBackend.EnsureLoaded();
        _settings = settings;
    }

    /// <inheritdoc/>
    public FixedPointResult Solve(IFixedPointMap map, Tensor initial, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(initial);
        if (initial.dim() < 1 || !initial.is_floating_point())
        {
            throw new ArgumentException($"The initial state must be floating point [rows, ...] but is {initial.dtype} with {initial.dim()} dimensions.", nameof(initial));
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        if (AndersonForm is { } settings && map is IManagedFixedPointMap inManagedMemory)
        {
            using ManagedBatchMap? rows = inManagedMemory.CreateManaged(initial);
            if (rows is not null)
            {
                return new ManagedAndersonBatch(settings, rows, initial).Solve(cancellationToken);
            }
        }

        return new FixedPointIteration(_settings, CreateRule(initial), map, initial).Run(cancellationToken);
    }

    /// <summary>The settings with which Anderson acceleration takes the same iterates, or <see langword="null"/> where it never does.</summary>
    internal virtual AndersonSettings? AndersonForm => null;

    private protected abstract IterationRule CreateRule(Tensor initial);
}
