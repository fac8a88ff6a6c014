using Microsoft.ML.Implicit.Native;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Batched;

/// <summary>
/// Matrices of a batch on its device in float64, equilibrated by powers of two, and products with them. A matrix that all rows share has no batch
/// dimension, and its products are single matrix products. C stacks G, -I for lower and I for upper bounds.
/// </summary>
internal sealed class BatchedSystem
{
    private const int EquilibrationPasses = 4;
    private const double ConvexityTolerance = 1e-9;

    private readonly QuadraticProblem _problem;

    public BatchedSystem(QuadraticProblem problem)
    {
        _problem = problem;
        long n = problem.Variables;
        Tensor p = problem.P;
        Tensor q = problem.Q is null ? zeros(n, n, ScalarType.Float64, p.device) : Double(problem.Q);
        Q = (q + q.transpose(-1, -2)).mul_(0.5.Held());
        G = problem.G is null ? null : Double(problem.G);
        A = problem.A is null ? null : Double(problem.A);
        VariableScale = ones(n, ScalarType.Float64, p.device);
        InequalityScale = ones(problem.Inequalities, ScalarType.Float64, p.device);
        EqualityScale = ones(problem.Equalities, ScalarType.Float64, p.device);
        Equilibrate();
        Tensor scale = VariableScale.dim() > 1 ? VariableScale : VariableScale.unsqueeze(0);
        InverseVariableScale = scale.reciprocal();
        ConstraintScale = Stack(Expand(InequalityScale), InverseVariableScale, InverseVariableScale);
        QAugmented = A is null ? Q : Q + A.transpose(-1, -2).matmul(A);
    }

    public Tensor Q { get; private set; }

    public Tensor? G { get; private set; }

    public Tensor? A { get; private set; }

    /// <summary>Q + AᵀA.</summary>
    public Tensor QAugmented { get; }

    /// <summary>D: z = D z̃, [n] or [batch, n].</summary>
    public Tensor VariableScale { get; private set; }

    /// <summary>1 / D, [1, n] or [batch, n].</summary>
    public Tensor InverseVariableScale { get; }

    /// <summary>F: ν = F ν̃.</summary>
    public Tensor EqualityScale { get; private set; }

    /// <summary>E of all constraints: λ = E λ̃, s = s̃ / E, [1, L] or [batch, L].</summary>
    public Tensor ConstraintScale { get; }

    private Tensor InequalityScale { get; set; }

    /// <summary>One value a constraint from those of inequalities and bounds.</summary>
    public Tensor Stack(Tensor general, Tensor? lower, Tensor? upper)
    {
        if (_problem.Lower is null && _problem.Upper is null)
        {
            return general;
        }

        long rows = new[] { general, lower, upper }.Max(t => t?.shape[0] ?? 1);
        var parts = new List<Tensor> { general.expand(rows, general.shape[1]) };
        if (_problem.Lower is not null)
        {
            parts.Add(lower!.expand(rows, lower.shape[1]));
        }

        if (_problem.Upper is not null)
        {
            parts.Add(upper!.expand(rows, upper.shape[1]));
        }

        return cat(parts, 1);
    }

    /// <summary>Q x for rows x, [batch, n].</summary>
    public Tensor ApplyQ(Tensor x) => Apply(Q, x);

    /// <summary>C x, [batch, L].</summary>
    public Tensor ApplyC(Tensor x) => Stack(G is null ? x.narrow(1, 0, 0) : Apply(G, x), _problem.Lower is null ? null : -x, x);

    /// <summary>A x, [batch, k].</summary>
    public Tensor ApplyA(Tensor x) => A is null ? x.narrow(1, 0, 0) : Apply(A, x);

    /// <summary>Cᵀ y + Aᵀ ν, [batch, n].</summary>
    public Tensor ApplyTransposed(Tensor y, Tensor nu)
    {
        long m = _problem.Inequalities, n = _problem.Variables;
        Tensor? sum = G is null ? null : TransposedApply(G, y.narrow(1, 0, m));
        if (_problem.Lower is not null)
        {
            Tensor lower = y.narrow(1, m, n);
            sum = sum is null ? -lower : sum.sub_(lower);
        }

        if (_problem.Upper is not null)
        {
            Tensor upper = y.narrow(1, y.shape[1] - n, n);
            sum = sum is null ? upper.clone() : sum.add_(upper);
        }

        if (A is not null)
        {
            Tensor equalities = TransposedApply(A, nu);
            sum = sum is null ? equalities : sum.add_(equalities);
        }

        return sum ?? zeros(y.shape[0], n, ScalarType.Float64, y.device);
    }

    /// <summary>Q + AᵀA + ρI + Cᵀ diag(w) C for weights [rows, L], [rows, n, n].</summary>
    public Tensor Hessian(Tensor w, double regularisation)
    {
        long m = _problem.Inequalities, n = _problem.Variables, rows = w.shape[0];
        Tensor h;
        if (G is null)
        {
            h = QAugmented.expand(rows, n, n).clone();
        }
        else
        {
            Tensor weighted = G * w.narrow(1, 0, m).unsqueeze(2);
            h = G.transpose(-1, -2).expand(rows, n, m).bmm(weighted).add_(QAugmented);
        }

        Tensor diagonal = h.diagonal(0, 1, 2);
        diagonal.add_(regularisation.Held());
        if (_problem.Lower is not null)
        {
            diagonal.add_(w.narrow(1, m, n));
        }

        if (_problem.Upper is not null)
        {
            diagonal.add_(w.narrow(1, w.shape[1] - n, n));
        }

        return h;
    }

    /// <summary>Whether Q has no negative eigenvalue beyond rounding, and all matrices are finite: [1] or [batch] Boolean.</summary>
    public Tensor IsConvex()
    {
        Tensor shift = Q.diagonal(0, -2, -1).abs().amax([-1], keepdim: true).clamp_(min: 1.Held()).mul_(ConvexityTolerance.Held());
        Tensor information = linalg.cholesky_ex(Q + diag_embed(shift.expand(Q.shape[..^1]))).Item2;
        Tensor finite = Q.sum([-1, -2]).isfinite();
        finite = G is null ? finite : finite.logical_and(G.sum([-1, -2]).isfinite());
        finite = A is null ? finite : finite.logical_and(A.sum([-1, -2]).isfinite());
        return information.eq(0.Held()).logical_and(finite).reshape(-1);
    }

    /// <summary>M x for rows x and a matrix with or without batch dimension.</summary>
    public static Tensor Apply(Tensor matrix, Tensor x) =>
        matrix.dim() == 2 ? x.mm(matrix.t()) : matrix.shape[0] == 1 ? x.mm(matrix[0].t()) : matrix.bmm(x.unsqueeze(2)).squeeze(2);

    /// <summary>Mᵀ x for rows x.</summary>
    public static Tensor TransposedApply(Tensor matrix, Tensor x) =>
        matrix.dim() == 2 ? x.mm(matrix) : matrix.shape[0] == 1 ? x.mm(matrix[0]) : matrix.transpose(1, 2).bmm(x.unsqueeze(2)).squeeze(2);

    public static Tensor Double(Tensor tensor) => tensor.detach().to(ScalarType.Float64);

    private static Tensor Expand(Tensor scale) => scale.dim() > 1 ? scale : scale.unsqueeze(0);

    private void Equilibrate()
    {
        for (int pass = 0; pass < EquilibrationPasses; pass++)
        {
            Tensor columns = Q.abs().amax([-2]);
            if (G is not null)
            {
                Tensor magnitudes = G.abs();
                columns = maximum(columns, magnitudes.amax([-2]));
                Tensor rows = Factors(magnitudes.amax([-1]));
                InequalityScale = InequalityScale * rows;
                G = G * rows.unsqueeze(-1);
            }

            if (A is not null)
            {
                Tensor magnitudes = A.abs();
                columns = maximum(columns, magnitudes.amax([-2]));
                Tensor rows = Factors(magnitudes.amax([-1]));
                EqualityScale = EqualityScale * rows;
                A = A * rows.unsqueeze(-1);
            }

            Tensor factors = Factors(columns);
            VariableScale = VariableScale * factors;
            Q = Q * factors.unsqueeze(-1) * factors.unsqueeze(-2);
            G = G is null ? null : G * factors.unsqueeze(-2);
            A = A is null ? null : A * factors.unsqueeze(-2);
        }
    }

    // The powers of two nearest to the inverse square roots; 1 for an empty line.
    private static Tensor Factors(Tensor maxima) => where(maxima > 0.Held(), exp2(round(log2(maxima).mul_((-0.5).Held()))), ones_like(maxima));
}
