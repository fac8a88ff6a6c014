using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>Newton steps on the perturbed optimality conditions of a batch, from one factorisation an iteration.</summary>
internal sealed class BatchedNewton
{
    private readonly BatchedData _data;
    private readonly BatchedResiduals _residuals;
    private readonly Tensor _inverse;
    private readonly Tensor _weights;
    private readonly Tensor _shift;
    private readonly BatchedKkt _kkt;

    /// <summary>Factors the systems.</summary>
    /// <param name="data">The problems.</param>
    /// <param name="residuals">Residuals at the iterates.</param>
    /// <param name="x">The iterates.</param>
    /// <param name="inverse">1 / (s + δλ), 0 where a constraint is switched off.</param>
    /// <param name="regularisation">δ, and the proximal weight of z.</param>
    public BatchedNewton(BatchedData data, BatchedResiduals residuals, BatchedIterate x, Tensor inverse, double regularisation)
    {
        _data = data;
        _residuals = residuals;
        _inverse = inverse;
        _weights = x.Lambda * inverse;
        _shift = (_weights * residuals.Inequality).neg_();
        _kkt = new BatchedKkt(data.System, _weights, data.Curvature, regularisation);
    }

    /// <summary>
    /// What to take off the iterates for the residuals to vanish and s ∘ λ to fall by <paramref name="complementarity"/>.
    /// Refined once, if asked, against the system before its reduction.
    /// </summary>
    public BatchedIterate Step(Tensor complementarity, bool refine)
    {
        BatchedSystem system = _data.System;
        Tensor shift = _shift.addcmul(_inverse, complementarity, 1.Held());
        (Tensor z, Tensor nu) = _kkt.Solve(system.AddTransposed(_residuals.Stationarity, shift, null, -1), _residuals.Equality);
        BatchedProducts products = _data.Products(z);
        Tensor lambda = shift.addcmul(_weights, products.C, 1.Held());
        if (refine)
        {
            (Tensor dz, Tensor dnu) = _kkt.Solve(
                system.AddTransposed(_residuals.Stationarity - products.Q, lambda, nu, -1),
                _residuals.Equality - products.A);
            z = z.Plus(dz);
            nu = nu.Plus(dnu);
            products = _data.Products(z);
            lambda = shift.addcmul(_weights, products.C, 1.Held());
        }

        return new BatchedIterate(cat([z, _residuals.Inequality - products.C, lambda, nu], 1), z.shape[1], lambda.shape[1]);
    }
}
