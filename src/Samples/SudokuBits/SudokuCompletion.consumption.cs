namespace Microsoft.ML.Implicit.Samples.SudokuBits;

internal static partial class SudokuCompletion
{
    /// <summary>Loads a saved model and solves one puzzle.</summary>
    private static int[] Solve(MLContext ml, SudokuGrid grid, string modelPath, SudokuPuzzle puzzle)
    {
        ITransformer model = ml.Model.Load(modelPath, out _);
        using PredictionEngine<BitBoard, Answer> engine = ml.Model.CreatePredictionEngine<BitBoard, Answer>(model, inputSchemaDefinition: BitBoard.Schema(grid));
        Answer answer = engine.Predict(BitBoard.Of(grid, puzzle));
        return BitBoard.Digits(grid, answer.Completed, answer.Confidence);
    }

    internal sealed class Answer
    {
        public float[] Completed { get; set; } = [];

        public float[] Confidence { get; set; } = [];
    }
}
