using Microsoft.ML.Implicit.LinearAlgebra;
using Microsoft.ML.Implicit.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>The Hessian of a penalised linear model's loss in closed form, on weights <c>[features + 1, outputs]</c> as one row.</summary>
internal sealed class LinearHessian : RowOperator, IDisposable
{
    private readonly LinearProblem _problem;
    private readonly Tensor _givenShares;
    private readonly Tensor _outputs;
    private readonly Tensor _shares;
    private readonly Tensor _penalties;

    /// <summary>Creates it; it outlives the dispose scope of what it is made of.</summary>
    /// <param name="problem">The problem.</param>
    /// <param name="weights">Where it stands, <c>[features + 1, outputs]</c>.</param>
    /// <param name="shares">Shares of the rows in the mean, <c>[rows]</c>.</param>
    /// <param name="penalties">Penalties, <c>[features + 1]</c>, the intercept's 0.</param>
    public LinearHessian(LinearProblem problem, Tensor weights, Tensor shares, Tensor penalties)
        : base(1, weights.numel(), ScalarType.Float64, CPU)
    {
        (_problem, _givenShares) = (problem, shares);
        _outputs = problem.Training.Features.mm(weights).DetachFromDisposeScope();
        (_shares, _penalties) = (shares.alias().DetachFromDisposeScope(), penalties.alias().DetachFromDisposeScope());
    }

    public override OperatorTraits Traits => OperatorTraits.PositiveDefinite;

    public override Tensor Apply(Tensor vector)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor directions = vector.view(_penalties.shape[0], -1);
        Tensor curved = _problem.Loss.Curve(_outputs, _problem.Training.Features.mm(directions)) * _shares.unsqueeze(1);
        Tensor product = _problem.Columns.mm(curved).PlusInPlace(_penalties.unsqueeze(1) * directions);
        if (_problem.Loss.IgnoresShifts)
        {
            product[-1].PlusInPlace(directions[-1].sum());
        }

        return product.view(1, -1).MoveToOuterDisposeScope();
    }

    public override Tensor ApplyTransposed(Tensor vector) => Apply(vector);

    /// <summary>A Gram matrix of the features for each pair of outputs.</summary>
    public override Tensor Dense()
    {
        using DisposeScope scope = NewDisposeScope();
        long width = _penalties.shape[0], count = _outputs.shape[1];
        Tensor matrix = zeros([width, count, width, count], ScalarType.Float64);
        for (long column = 0; column < count; column++)
        {
            Tensor unit = zeros_like(_outputs);
            unit.select(1, column).fill_(1.Held());
            Tensor curved = _problem.Loss.Curve(_outputs, unit) * _shares.unsqueeze(1);
            for (long row = column; row < count; row++)
            {
                using DisposeScope pair = NewDisposeScope();
                Tensor gram = _problem.Loss.IsQuadratic ? _problem.Gram(_givenShares) : _problem.Training.Features.t().mm(_problem.Training.Features * curved.select(1, row).unsqueeze(1));
                matrix.select(3, column).select(1, row).copy_(gram);
                matrix.select(3, row).select(1, column).copy_(gram);
            }

            matrix.select(3, column).select(1, column).diagonal().PlusInPlace(_penalties);
        }

        if (_problem.Loss.IgnoresShifts)
        {
            matrix[-1].select(1, -1).PlusInPlace(1.Held());
        }

        return matrix.view(1, width * count, width * count).MoveToOuterDisposeScope();
    }

    /// <summary>What it would be for one output with the mean curvature of each row, <c>[features + 1, features + 1]</c>.</summary>
    public Tensor OfOneOutput()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor curvature = zeros_like(_shares);
        for (long output = 0; output < _outputs.shape[1]; output++)
        {
            Tensor unit = zeros_like(_outputs);
            unit.select(1, output).fill_(1.Held());
            curvature.PlusInPlace(_problem.Loss.Curve(_outputs, unit).select(1, output));
        }

        Tensor weights = curvature * _shares / ((double)_outputs.shape[1]).Held();
        Tensor matrix = _problem.Training.Features.t().mm(_problem.Training.Features * weights.unsqueeze(1));
        matrix.diagonal().PlusInPlace(_penalties);

        // The intercepts' sum has a curvature of its own; without it rows that are all sure would leave none.
        matrix[-1, -1].PlusInPlace((1.0 / _outputs.shape[1]).Held());
        return matrix.MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _outputs.Dispose();
        _shares.Dispose();
        _penalties.Dispose();
    }
}
