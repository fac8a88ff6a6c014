using Microsoft.ML.Implicit.Native;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Fields.Terms;

/// <summary>Transport of a field by itself, −k (u · ∇) u, as in the equation of Burgers: along each axis at the velocity of the component of that number.</summary>
/// <example><code>
/// var burgers = new FieldDynamics(grid, DerivativeScheme.FourthOrder, new Convection(), new Diffusion(0.1, isLearned: true));
/// </code></example>
public sealed class Convection : FieldTerm
{
    private readonly double _coefficient;
    private readonly double _offset;
#pragma warning disable IDE1006 // The name of this field is the name in the state dictionary.
    private readonly Parameter? learned;
#pragma warning restore IDE1006

    /// <summary>Creates the term.</summary>
    /// <param name="coefficient">k.</param>
    /// <param name="isLearned">Whether k is a parameter.</param>
    /// <param name="offset">What is added to the field for the velocity, k (u + offset): where a field's values are counted from another zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is not finite.</exception>
    public Convection(double coefficient = 1, bool isLearned = false, double offset = 0)
        : base(nameof(Convection))
    {
        if (!double.IsFinite(coefficient) || !double.IsFinite(offset))
        {
            throw new ArgumentOutOfRangeException(nameof(coefficient), "Coefficient and offset must be finite.");
        }

        (_coefficient, _offset) = (coefficient, offset);
        learned = isLearned ? new Parameter(LearnedNumbers.Create(coefficient)) : null;
        RegisterComponents();
    }

    /// <summary>k.</summary>
    public double Coefficient => learned is null ? _coefficient : LearnedNumbers.Read(learned)[0];

    /// <inheritdoc/>
    public override int HighestDerivative => 1;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The field has another number of components than the grid has axes.</exception>
    public override Tensor forward(FieldState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.Value.shape[1] != state.AxisCount)
        {
            throw new ArgumentException($"A field of {state.Value.shape[1]} components has no velocity on a grid of {state.AxisCount} axes.", nameof(state));
        }

        using DisposeScope scope = NewDisposeScope();
        return (learned is null ? Transport(state) * _coefficient.Held() : Transport(state) * learned).MoveToOuterDisposeScope();
    }

    internal override IReadOnlyList<Tensor> Basis(FieldState state) => learned is null ? [] : [Transport(state)];

    internal override void SetWeights(ReadOnlySpan<double> weights) => LearnedNumbers.Write(learned!, weights);

    private Tensor Transport(FieldState state)
    {
        Tensor velocity = _offset == 0 ? state.Value : state.Value.Plus(_offset.Held());
        return Enumerable.Range(0, state.AxisCount)
            .Select(axis => velocity.narrow(1, axis, 1) * state.Derivative(axis, 1))
            .Aggregate((sum, next) => sum.Plus(next))
            .neg();
    }
}
