namespace Microsoft.ML.Implicit.Samples.Sudoku;

internal static partial class SudokuSolving
{
    /// <summary>Loads a saved model and solves one puzzle.</summary>
    private static int[] Solve(MLContext ml, string modelPath, Puzzle puzzle)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<Puzzle, Answer> engine = ml.Model.CreatePredictionEngine<Puzzle, Answer>(model);
        return SudokuBoards.Decode(engine.Predict(puzzle).Solution);
    }

    internal sealed class Answer
    {
        public float[] Solution { get; set; } = [];
    }
}
