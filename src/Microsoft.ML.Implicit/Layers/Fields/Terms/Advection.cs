using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Terms;

/// <summary>Transport at a constant velocity, −c · ∇u.</summary>
/// <example><code>
/// var moving = new FieldDynamics(grid, DerivativeScheme.Spectral, new Advection([0.5]), new Diffusion(0.1));
/// </code></example>
public sealed class Advection : FieldTerm
{
    private readonly double[] _velocity;
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly Parameter? learned;
#pragma warning restore IDE1006

    /// <summary>Creates the term.</summary>
    /// <param name="velocity">c, one number an axis, in length a time.</param>
    /// <param name="isLearned">Whether c is a parameter.</param>
    /// <exception cref="ArgumentException">A number is not finite.</exception>
    public Advection(ReadOnlySpan<double> velocity, bool isLearned = false)
        : base(nameof(Advection))
    {
        _velocity = velocity.ToArray();
        if (_velocity.Length == 0 || !Array.TrueForAll(_velocity, double.IsFinite))
        {
            throw new ArgumentException("A velocity has a finite number for each axis.", nameof(velocity));
        }

        learned = isLearned ? new Parameter(LearnedNumbers.Create(_velocity)) : null;
        RegisterComponents();
    }

    /// <summary>c.</summary>
    public IReadOnlyList<double> Velocity => learned is null ? _velocity : LearnedNumbers.Read(learned);

    /// <inheritdoc/>
    public override int HighestDerivative => 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The grid has another number of axes than the velocity.</exception>
    public override Tensor forward(FieldState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.AxisCount != _velocity.Length)
        {
            throw new ArgumentException($"The velocity has {_velocity.Length} numbers for a grid of {state.AxisCount} axes.", nameof(state));
        }

        using DisposeScope scope = NewDisposeScope();
        return Enumerable.Range(0, state.AxisCount)
            .Select(axis => learned is null ? state.Derivative(axis, 1) * (-_velocity[axis]).Held() : state.Derivative(axis, 1) * learned[axis].neg())
            .Aggregate((sum, next) => sum.Plus(next))
            .MoveToOuterDisposeScope();
    }

    internal override IReadOnlyList<Tensor> Basis(FieldState state) =>
        learned is null ? [] : [.. Enumerable.Range(0, state.AxisCount).Select(axis => state.Derivative(axis, 1).neg())];

    internal override void SetWeights(ReadOnlySpan<double> weights) => LearnedNumbers.Write(learned!, weights);
}
