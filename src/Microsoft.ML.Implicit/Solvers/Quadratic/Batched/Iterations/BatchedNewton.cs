using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched.Iterations;

/// <summary>Newton steps on the perturbed optimality conditions of a batch, from one factorisation an iteration.</summary>
internal sealed class BatchedNewton
{
    private readonly BatchedData _data;
    private readonly BatchedResiduals _residuals;
    private readonly Tensor _inverse;
    private readonly Tensor _weights;
    private readonly BatchedKkt _kkt;

    /// <summary>Factors the systems.</summary>
    /// <param name="data">The problems.</param>
    /// <param name="residuals">Residuals at the iterates.</param>
    /// <param name="inverse">1 / (s + δλ), 0 where a constraint is switched off.</param>
    /// <param name="objective"><see cref="BatchedSystem.Objective"/> with the proximal weight of z.</param>
    public BatchedNewton(BatchedData data, BatchedResiduals residuals, Tensor inverse, Tensor objective)
    {
        _data = data;
        _residuals = residuals;
        _inverse = inverse;
        _weights = residuals.Lambda * inverse;
        _kkt = new BatchedKkt(data.System, objective, _weights, data.Curvature);
        Shift = residuals.Gaps.addcmul(residuals.Lambda, residuals.Inequality, (-1).Held()).mul_(inverse);
    }

    /// <summary>What a step takes off λ where it leaves z, for s ∘ λ to fall to zero.</summary>
    public Tensor Shift { get; }

    /// <summary>The same for s ∘ λ to fall by as much more as is given.</summary>
    public Tensor ShiftBy(Tensor complementarity) => Shift.addcmul(_inverse, complementarity, 1.Held());

    /// <summary>
    /// What to take off the iterates for the residuals to vanish, and λ to fall by <paramref name="shift"/> beside what follows from z.
    /// Refined once, if asked, against the system before its reduction.
    /// </summary>
    public BatchedStep Step(Tensor shift, bool refine)
    {
        BatchedSystem system = _data.System;
        (Tensor z, Tensor nu) = _kkt.Solve(system.AddTransposed(_residuals.Stationarity, shift, null, -1), _residuals.Equality);
        BatchedProducts products = _data.Products(z);
        Tensor lambda = shift.addcmul(_weights, products.C, 1.Held());
        if (refine)
        {
            bool hasEqualities = system.A is not null;
            (Tensor dz, Tensor dnu) = _kkt.Solve(
                system.AddTransposed(_residuals.Stationarity - products.Q, lambda, nu, -1),
                hasEqualities ? _residuals.Equality - products.A : nu);
            z = z.PlusInPlace(dz);
            nu = hasEqualities ? nu.PlusInPlace(dnu) : nu;
            products = _data.Products(z);
            lambda = shift.addcmul(_weights, products.C, 1.Held());
        }

        return new BatchedStep(_residuals.Inequality - products.C, lambda, z, nu);
    }
}
