using Microsoft.ML.Implicit.Differentiation;
using Microsoft.ML.Implicit.LinearAlgebra;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Roots;

/// <summary>
/// Newton's method with a backtracking line search on ‖g‖ for each row by itself (Nocedal and Wright 2006, "Numerical optimization",
/// section 11.2).
/// </summary>
/// <example><code>
/// var byNewton = new RootFinder(new NewtonMethod(new NewtonSettings { AbsoluteTolerance = 1e-10 }));
/// </code></example>
public sealed class NewtonMethod : IRootMethod
{
    /// <summary>Creates the method.</summary>
    /// <param name="settings">Tolerances and limits; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public NewtonMethod(NewtonSettings? settings = null)
    {
        Settings = settings ?? new NewtonSettings();
        Settings.Validate();
    }

    /// <summary>Tolerances and limits.</summary>
    public NewtonSettings Settings { get; }

    /// <inheritdoc/>
    public RootResult Solve(IDifferentiableFunction equation, IReadOnlyList<Tensor> inputs, Tensor initial, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(equation);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(initial);
        if (initial.dim() < 1 || initial.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new ArgumentException($"The initial state must be float32 or float64 [rows, ...] but is {initial.dtype} with {initial.dim()} dimensions.", nameof(initial));
        }

        if (initial.shape[0] == 0)
        {
            return new RootResult(initial.detach().clone(), [], [], 0);
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGraph = no_grad();
        using var iteration = new NewtonIteration(Settings, Settings.LinearSolver ?? new DirectOrKrylovSolver(), equation, inputs, initial);
        return iteration.Run(cancellationToken);
    }
}
