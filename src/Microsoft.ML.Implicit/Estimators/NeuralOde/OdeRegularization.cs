using Microsoft.ML.Implicit.Layers.Ode;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What keeps a trained ODE cheap to solve.</summary>
/// <param name="Penalties">Weight of each penalty in the loss, in the order of <see cref="DynamicsPenalties"/>.</param>
/// <param name="EndTimeSpread">r of an end time from 1 - r to 1 + r.</param>
internal sealed record OdeRegularization(IReadOnlyList<(DynamicsPenalties Penalty, double Weight)> Penalties, double EndTimeSpread)
{
    public OdeRegularization(NeuralOdeOptions options)
        : this(
            [.. new[]
            {
                (DynamicsPenalties.KineticEnergy, options.KineticPenalty),
                (DynamicsPenalties.JacobianNorm, options.JacobianPenalty),
                (DynamicsPenalties.SecondDerivative, options.SecondDerivativePenalty),
                (DynamicsPenalties.ThirdDerivative, options.ThirdDerivativePenalty),
            }.Where(penalty => penalty.Item2 > 0)],
            options.EndTimeSpread)
    {
    }

    /// <summary>None.</summary>
    public static OdeRegularization None { get; } = new([], 0);

    /// <summary>All penalties.</summary>
    public DynamicsPenalties Kinds => Penalties.Aggregate(DynamicsPenalties.None, (sum, penalty) => sum | penalty.Penalty);
}
