namespace Microsoft.ML.Implicit.Onnx.Quadratic;

/// <summary>
/// Quadratic programs within an ONNX file: minimise ½ zᵀQz + pᵀz subject to G z ≤ h and A z = b, in float64 with one program a row, or one
/// for all where the first dimension is 1. Vectors are matrices of one column.
/// </summary>
/// <param name="Q">[rows, n, n], symmetric.</param>
/// <param name="P">[rows, n, 1].</param>
/// <param name="G">[rows, m, n], at least one row; one of zeros where there is no constraint.</param>
/// <param name="H">[rows, m, 1], finite.</param>
/// <param name="A">[rows, k, n], at least one row; one of zeros where there is no constraint.</param>
/// <param name="B">[rows, k, 1].</param>
/// <param name="Variables">n.</param>
/// <param name="Inequalities">m.</param>
/// <param name="Equalities">k.</param>
internal sealed record OnnxQuadraticData(OnnxValue Q, OnnxValue P, OnnxValue G, OnnxValue H, OnnxValue A, OnnxValue B, int Variables, int Inequalities, int Equalities)
{
    public OnnxValue TransposedG { get; } = G.Transpose(0, 2, 1);

    public OnnxValue TransposedA { get; } = A.Transpose(0, 2, 1);

    public OnnxGraph Graph => P.Graph;

    /// <summary>½ zᵀQz + pᵀz, [rows, 1, 1].</summary>
    public OnnxValue Objective(OnnxValue z) => (z * ((Q.MatrixProduct(z) * 0.5) + P)).Sum(1);
}
