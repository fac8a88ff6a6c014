using Microsoft.ML.Implicit.Estimators;
using Microsoft.ML.Implicit.Modelling;
using Microsoft.ML.Implicit.Solvers.Optimization;
using Microsoft.ML.Implicit.Training;

namespace Microsoft.ML.Implicit.Tests.Persistence;

/// <summary>Those of <see cref="SavedModels"/> that solve a problem for each row or task, given or learned.</summary>
internal static class SavedDecisionModels
{
    public static readonly IReadOnlyDictionary<string, Func<MLContext, TrainingOptions, SavedModel>> Kinds = new Dictionary<string, Func<MLContext, TrainingOptions, SavedModel>>
    {
        ["quadratic-program"] = (ml, _) => QuadraticProgram(ml),
        ["cone-program"] = (ml, _) => ConeProgram(ml),
        ["curve-fit"] = (ml, _) => FitCurve(ml),
        ["learned-costs"] = LearnedCosts,
        ["learned-constraints"] = LearnedConstraints,
        ["learned-cone-program"] = LearnedConeProgram,
        ["satisfiability"] = Satisfiability,
        ["total-variation"] = (ml, _) => TotalVariation(ml),
        ["soft-rank"] = (ml, _) => SoftRank(ml),
        ["meta-learned"] = (ml, _) => MetaLearned(ml),
    };

    private static SavedModel QuadraticProgram(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new QuadraticProgramOptions
        {
            Q = new double[,] { { 2, 0.3 }, { 0.3, 1 } },
            P = nameof(Shapes.Row.Features),
            G = new double[,] { { 1, 2 } },
            H = nameof(Shapes.Row.Size),
            A = new double[,] { { 1, -1 } },
            B = 0.1,
            LowerBounds = -5,
            UpperBounds = new double[] { 0.6, double.PositiveInfinity },
            MultipliersColumnName = "Lambda",
            EqualityMultipliersColumnName = "Nu",
        };
        return new SavedModel(ml.Transforms.QuadraticProgram(options).Fit(data), data, "Solution", "Objective", "Status", "Lambda", "Nu");
    }

    private static SavedModel ConeProgram(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var price = new Parameter(nameof(Shapes.Row.Features), 2);
        var mix = new Variable("Mix", 2, sign: Sign.Nonnegative);
        var options = new ConeProgramOptions
        {
            Program = ConvexProgram.Minimize(Functions.Norm2(mix) + Functions.Dot(price, mix), Functions.Sum(mix).EqualTo(1)),
            ColumnNames = new Dictionary<string, string> { ["Mix"] = "Mix" },
        };
        return new SavedModel(ml.Transforms.ConeProgram(options).Fit(data), data, "Mix");
    }

    private static SavedModel FitCurve(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new FitCurveOptions
        {
            Expression = "a * exp(b * size)",
            Inputs = ["size"],
            ColumnNames = new Dictionary<string, string> { ["size"] = nameof(Shapes.Row.Size) },
            ValueColumnName = nameof(Shapes.Row.Features),
            StartingValues = new Dictionary<string, double> { ["b"] = 0.5 },
            LowerBounds = new Dictionary<string, double> { ["b"] = 0.5 },
            UpperBounds = new Dictionary<string, double> { ["b"] = 0.5 },
            Loss = RobustLoss.Huber(5),
            UnsolvedRows = UnsolvedRowHandling.Throw,
        };
        return new SavedModel(ml.Transforms.FitCurve(options).Fit(data), data, "Parameters", "StandardErrors");
    }

    private static SavedModel LearnedCosts(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = nameof(Shapes.Row.Costs),
            Loss = DecisionLoss.SpoPlus,
            A = new double[,] { { 1, 1, 1 } },
            B = 1,
            LowerBounds = 0,
            HiddenWidth = 4,
            Training = training,
        };
        return new SavedModel(ml.Transforms.LearnedQuadraticProgram(options).Fit(data), data, "Solution", "PredictedCost", "Objective", "Status");
    }

    private static SavedModel LearnedConstraints(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new LearnedQuadraticProgramOptions
        {
            LabelColumnName = nameof(Shapes.Row.Costs),
            Loss = DecisionLoss.Imitation,
            Q = 1,
            UpperBounds = 4,
            LearnedEqualities = 1,
            LearnedInequalities = 2,
            Training = training,
        };
        return new SavedModel(ml.Transforms.LearnedQuadraticProgram(options).Fit(data), data, "Solution", "PredictedCost", "Objective", "Status");
    }

    private static SavedModel Satisfiability(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var options = new MaximumSatisfiabilityOptions
        {
            BitColumnName = nameof(Shapes.Row.Pixels),
            KnownColumnName = nameof(Shapes.Row.IsSeen),
            ClauseCount = 12,
            AuxiliaryCount = 4,
            RefinementRounds = 1,
            Training = training,
        };
        return new SavedModel(ml.Transforms.MaximumSatisfiability(options).Fit(data), data, "Completed", "Confidence");
    }

    private static SavedModel LearnedConeProgram(MLContext ml, TrainingOptions training)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        var costs = new Parameter(nameof(Shapes.Row.Costs), 3);
        var mix = new Variable("Mix", 3, sign: Sign.Nonnegative);
        var options = new LearnedConeProgramOptions
        {
            Program = ConvexProgram.Minimize(Functions.Norm2(mix) + Functions.Dot(costs, mix), Functions.Sum(mix).EqualTo(1)),
            ColumnNames = new Dictionary<string, string> { ["Mix"] = "Mix" },
            LearnedParameters = [nameof(Shapes.Row.Costs)],
            HiddenWidth = 4,
            Training = training,
        };
        return new SavedModel(ml.Transforms.LearnedConeProgram(options).Fit(data), data, "Mix", $"Predicted{nameof(Shapes.Row.Costs)}");
    }

    private static SavedModel TotalVariation(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        return new SavedModel(ml.Transforms.TotalVariation("Smooth", nameof(Shapes.Row.Pixels), weight: 0.2).Fit(data), data, "Smooth");
    }

    private static SavedModel SoftRank(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(60));
        return new SavedModel(ml.Transforms.SoftRank("Ranks", nameof(Shapes.Row.Costs), strength: 0.5).Fit(data), data, "Ranks");
    }

    private static SavedModel MetaLearned(MLContext ml)
    {
        IDataView data = ml.Data.LoadFromEnumerable(Shapes.Create(90));
        var options = new MetaLearnedLinearOptions { LabelColumnName = nameof(Shapes.Row.Size), TaskColumnName = nameof(Shapes.Row.Name), MaximumEvaluations = 3 };
        return new SavedModel(ml.Regression.Trainers.MetaLearnedLinear(options).Fit(data), data, "Score");
    }
}
