namespace Microsoft.ML.Implicit.Onnx.Quadratic;

/// <summary>What is wrong with a point of an interior-point method, and with what it is compared, entry by entry.</summary>
/// <param name="Dual">Q z + p + Gᵀλ + Aᵀν, [rows, n, 1].</param>
/// <param name="Primal">G z + s - h, [rows, m, 1].</param>
/// <param name="Equality">A z - b, [rows, k, 1].</param>
/// <param name="Merit">
/// The largest of all relative to the terms that it is the sum of, and of the gap relative to the objective: [rows, 1, 1]. Lengths are told apart to
/// that of the longest variable, costs to the largest.
/// </param>
/// <param name="Infeasible">Whether the multipliers prove that the constraints contradict each other, [rows, 1, 1].</param>
/// <param name="Unbounded">Whether the variables are a direction in which the objective falls without limit, [rows, 1, 1].</param>
internal sealed record OnnxResiduals(OnnxValue Dual, OnnxValue Primal, OnnxValue Equality, OnnxValue Merit, OnnxValue Infeasible, OnnxValue Unbounded)
{
    // What sums are known to in float64 after some cancellation.
    private const double CertificateTolerance = 1e-8;

    public static OnnxResiduals Of(OnnxQuadraticData data, OnnxUnits units, OnnxIterate point)
    {
        OnnxValue curvature = data.Q.MatrixProduct(point.Z);
        OnnxValue inequalities = data.G.MatrixProduct(point.Z), equalities = data.A.MatrixProduct(point.Z);
        OnnxValue forces = data.TransposedG.MatrixProduct(point.Lambda) + data.TransposedA.MatrixProduct(point.Nu);
        OnnxValue dual = curvature + data.P + forces;
        OnnxValue primal = inequalities + point.S - data.H;
        OnnxValue equality = equalities - data.B;

        OnnxValue size = point.Z.Abs();
        OnnxValue curvatureSize = data.Q.Abs().MatrixProduct(size);
        OnnxValue forceSize = data.TransposedG.Abs().MatrixProduct(point.Lambda) + data.TransposedA.Abs().MatrixProduct(point.Nu.Abs());
        OnnxValue inequalitySize = data.G.Abs().MatrixProduct(size), equalitySize = data.A.Abs().MatrixProduct(size);
        OnnxValue gap = (point.S * point.Lambda).Sum(1);
        OnnxValue workSize = (data.H * point.Lambda).Abs().Sum(1) + (data.B * point.Nu).Abs().Sum(1);
        OnnxValue objectiveSize = (size * (curvatureSize + data.P.Abs())).Sum(1) + workSize;
        OnnxValue length = size.Largest(1).Maximum(units.Smallest);
        OnnxValue merit = Largest(
            dual.Abs() / (curvatureSize + data.P.Abs() + forceSize + units.Cost),
            primal.Abs() / (inequalitySize + point.S + data.H.Abs() + (units.InequalitySteepness * length)),
            equality.Abs() / (equalitySize + data.B.Abs() + (units.EqualitySteepness * length)),
            gap / (objectiveSize + (units.Cost * length)));

        // A largest number may pass over NaN, a sum does not.
        OnnxValue isFinite = (dual.Sum(1) + primal.Sum(1) + equality.Sum(1) + gap).IsFinite();
        merit = isFinite.Where(merit, double.MaxValue);

        // Farkas: Gᵀλ + Aᵀν = 0 with hᵀλ + bᵀν < 0. A direction: Qz = 0, Az = 0, Gz ≤ 0 with pᵀz < 0.
        OnnxValue work = (data.H * point.Lambda).Sum(1) + (data.B * point.Nu).Sum(1);
        OnnxValue fall = (data.P * point.Z).Sum(1);
        OnnxValue farthest = size.Largest(1);
        OnnxValue infeasible = isFinite
            & IsNegligible(forces, forceSize.Largest(1))
            & (work < -(workSize * CertificateTolerance));
        OnnxValue unbounded = isFinite
            & IsNegligible(curvature, data.Q.Abs().Largest(2).Largest(1) * farthest)
            & IsNegligible(equalities, units.EqualitySteepness * farthest)
            & IsNegligible((inequalities > 0).Where(inequalities, 0), units.InequalitySteepness * farthest)
            & (fall < -((data.P.Abs() * size).Sum(1) * CertificateTolerance));
        return new OnnxResiduals(dual, primal, equality, merit, infeasible, unbounded);
    }

    private static OnnxValue Largest(params OnnxValue[] ratios) =>
        OnnxValue.Concatenate(1, Array.ConvertAll(ratios, ratio => ratio.Largest(1))).Largest(1);

    private static OnnxValue IsNegligible(OnnxValue sums, OnnxValue unit) => (sums.Abs() <= unit * CertificateTolerance).All(1);
}
