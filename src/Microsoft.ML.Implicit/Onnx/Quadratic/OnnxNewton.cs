namespace Microsoft.ML.Implicit.Onnx.Quadratic;

/// <summary>The Newton equations of an interior-point method at one point, for several right-hand sides.</summary>
/// <remarks>
/// The matrix [Q + Gᵀ(Λ/S)G, Aᵀ; A, 0] is scaled to a unit diagonal, also that of its Schur complement, and made quasidefinite by a small
/// multiple of it, so that elimination needs no pivoting (Vanderbei, Symmetric quasidefinite matrices, 1995). Refinement takes the multiple
/// out again.
/// </remarks>
internal sealed class OnnxNewton
{
    private const double Regularization = 1e-12;
    private const int Refinements = 3;

    private readonly OnnxQuadraticData _data;
    private readonly OnnxIterate _point;
    private readonly OnnxValue _matrix;
    private readonly OnnxValue _scale;
    private readonly OnnxValue _inverse;

    public OnnxNewton(OnnxQuadraticData data, OnnxIterate point)
    {
        (_data, _point) = (data, point);
        OnnxGraph graph = data.Graph;
        int n = data.Variables, k = data.Equalities;
        OnnxValue curvature = data.Q + data.TransposedG.MatrixProduct(data.G * (point.Lambda / point.S));
        OnnxValue diagonal = (curvature * graph.Identity(n, OnnxType.Double)).Sum(2);
        OnnxValue variableScale = Inverse(diagonal.Maximum(diagonal.Largest(1) * Regularization)).Sqrt();
        OnnxValue scaledRows = data.A * variableScale.Transpose(0, 2, 1);
        OnnxValue equalityScale = Inverse((scaledRows * scaledRows).Sum(2)).Sqrt();
        _scale = OnnxValue.Concatenate(1, variableScale, equalityScale);

        OnnxValue rows = OnnxValue.Concatenate(1, curvature, graph.PerRow(data.A, point.Z, k, n));
        OnnxValue columns = graph.PerRow(OnnxValue.Concatenate(1, data.TransposedA, graph.Constant(new double[k * k], OnnxType.Double, 1, k, k)), point.Z, n + k, k);
        _matrix = OnnxValue.Concatenate(2, rows, columns);
        double[] signs = [.. Enumerable.Range(0, n + k).Select(i => i < n ? Regularization : -Regularization)];
        OnnxValue shift = graph.Identity(n + k, OnnxType.Double) * graph.Constant(signs, OnnxType.Double, 1, n + k, 1);
        _inverse = OnnxElimination.Invert((_matrix * _scale * _scale.Transpose(0, 2, 1)) + shift, n + k).Inverse;
    }

    /// <summary>The step that takes the residuals and the products of slacks and multipliers, less what is wanted of them, to zero.</summary>
    /// <param name="residuals">The residuals.</param>
    /// <param name="products">[rows, m, 1].</param>
    public OnnxIterate Step(OnnxResiduals residuals, OnnxValue products)
    {
        OnnxValue weights = _point.Lambda / _point.S;
        OnnxValue forces = _data.TransposedG.MatrixProduct((products / _point.S) - (weights * residuals.Primal));
        OnnxValue solution = Solve(OnnxValue.Concatenate(1, forces - residuals.Dual, -residuals.Equality));
        OnnxValue z = solution.Slice(1, 0, _data.Variables);
        OnnxValue s = -(residuals.Primal + _data.G.MatrixProduct(z));
        return new OnnxIterate(z, s, -(products / _point.S) - (weights * s), solution.Slice(1, _data.Variables, _data.Variables + _data.Equalities));
    }

    private OnnxValue Solve(OnnxValue right)
    {
        OnnxValue solution = Approximate(right);
        for (int refinement = 0; refinement < Refinements; refinement++)
        {
            solution += Approximate(right - _matrix.MatrixProduct(solution));
        }

        return solution;
    }

    private OnnxValue Approximate(OnnxValue right) => _inverse.MatrixProduct(right * _scale) * _scale;

    private static OnnxValue Inverse(OnnxValue value) => (value > 0).Where(1 / value, 1);
}
