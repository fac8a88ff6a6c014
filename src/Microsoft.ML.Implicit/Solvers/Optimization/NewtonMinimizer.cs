using Microsoft.ML.Implicit.Solvers.Optimization.Searches;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Optimization;

/// <summary>
/// Newton's method with damping where the Hessian is not positive definite or a step gains too little, row by row. Hessians are dense, by as many products as a row has
/// unknowns: for a few dozen at most. The units of unknowns and objective do not matter.
/// </summary>
/// <example><code>
/// MinimizationResult minimum = new NewtonMinimizer().Minimize(objective, inputs, initial);
/// </code></example>
public sealed class NewtonMinimizer : IMinimizer
{
    private readonly MinimizerSettings _settings;

    /// <summary>Creates the method.</summary>
    /// <param name="settings">Tolerance and limit; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">A setting is out of range.</exception>
    public NewtonMinimizer(MinimizerSettings? settings = null)
    {
        _settings = settings ?? new MinimizerSettings();
        _settings.Validate();
    }

    /// <inheritdoc/>
    public MinimizationResult Minimize(IRowObjective objective, IReadOnlyList<Tensor> inputs, Tensor initial, Bounds? bounds = null, CancellationToken cancellationToken = default)
    {
        return Minimization.Run(objective, inputs, initial, bounds, _settings, maximumTries: 200, hasHessian: true, start => new NewtonSearch(start), cancellationToken);
    }
}
