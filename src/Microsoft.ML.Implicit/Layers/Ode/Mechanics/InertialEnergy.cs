using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Native;
using Microsoft.ML.Implicit.Solvers.Ode.OneStep;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Mechanics;

/// <summary>
/// H(q, p) = ½ pᵀ M⁻¹(q) p + V(q), the energy of bodies with masses (Zhong, Dey, Chakraborty, Symplectic ODE-Net, 2020). It is separable where the inverse
/// masses are constant.
/// </summary>
/// <example><code>
/// var inertial = new InertialEnergy(new PositiveDefiniteMatrix(2, generator), new PerceptronEnergy(2, [32], generator));
/// </code></example>
public sealed class InertialEnergy : EnergyFunction
{
#pragma warning disable IDE1006 // The names of these fields are the names in the state dictionary.
    private readonly PositiveDefiniteMatrix inverse_mass;
    private readonly EnergyFunction potential;
#pragma warning restore IDE1006

    /// <summary>Creates the energy.</summary>
    /// <param name="inverseMass">M⁻¹(q).</param>
    /// <param name="potential">V(q).</param>
    public InertialEnergy(PositiveDefiniteMatrix inverseMass, EnergyFunction potential)
        : base(nameof(InertialEnergy))
    {
        ArgumentNullException.ThrowIfNull(inverseMass);
        ArgumentNullException.ThrowIfNull(potential);
        inverse_mass = inverseMass;
        this.potential = potential;
        RegisterComponents();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The width is not twice that of M.</exception>
    public override Tensor forward(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor p) = PhaseSpace.Split(coordinates);
        return (inverse_mass.Factorize(q).SquaredNorm(p) * 0.5.Held()).Plus(potential.forward(q)).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The width is not twice that of M.</exception>
    public override Tensor Gradient(Tensor coordinates)
    {
        ArgumentNullException.ThrowIfNull(coordinates);
        using DisposeScope scope = NewDisposeScope();
        (Tensor q, Tensor p) = PhaseSpace.Split(coordinates);
        CholeskyFactor factor = inverse_mass.Factorize(q);
        Tensor slope = potential.Gradient(q);
        return cat([factor.HalfGradient(p) is { } curved ? slope.Plus(curved) : slope, factor.Apply(p)], 1).MoveToOuterDisposeScope();
    }

    internal override Block? CompileGradient(RowProgramBuilder program, Block coordinates)
    {
        int n = coordinates.Width / 2;
        (Block q, Block p) = (coordinates.Slice(0, n), coordinates.Slice(n, n));
        if (potential.CompileGradient(program, q) is not { } slope)
        {
            return null;
        }

        FactorBlocks factor = inverse_mass.Compile(program, q);
        return program.Join(factor.HalfGradient(p) is { } curved ? program.Add((slope, 1), (curved, 1)) : slope, factor.Apply(p));
    }
}
